from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.permissions import can_manage_accounts, can_run_desk, can_see_own_day, can_see_portal


@dataclass(frozen=True)
class RailEntry:
    """One way into the site: where it goes, its icon and its word."""

    url_name: str
    icon: str
    label: str | Promise

    @property
    def url(self) -> str:
        return reverse(self.url_name)


ADMIN_RAIL = (
    RailEntry("clinic:account_list", "person-gear", _("Accounts")),
    RailEntry("clinic:patient_list", "people", _("Patients")),
)
SECRETARY_RAIL = (
    RailEntry("clinic:desk_day", "calendar-day", _("Today")),
    RailEntry("clinic:patient_list", "people", _("Patients")),
    RailEntry("clinic:doctor_list", "clock", _("Hours")),
)
DOCTOR_RAIL = (
    RailEntry("clinic:doctor_day", "calendar-day", _("Today")),
    RailEntry("diagnosis:to_review", "clipboard2-check", _("To review")),
    RailEntry("clinic:patient_list", "people", _("Patients")),
)
PATIENT_RAIL = (
    RailEntry("clinic:my_appointments", "calendar-day", _("Visits")),
    RailEntry("diagnosis:my_record", "file-earmark-medical", _("Record")),
)


def frame(request: HttpRequest) -> dict[str, object]:
    """What every page's frame shows: the clinic's name and the ways that the role has."""
    user = getattr(request, "user", None)
    rail: tuple[RailEntry, ...] = ()
    if user is not None and user.is_authenticated:
        if can_manage_accounts(user):
            rail = ADMIN_RAIL
        elif can_run_desk(user):
            rail = SECRETARY_RAIL
        elif can_see_own_day(user):
            rail = DOCTOR_RAIL
        elif can_see_portal(user):
            rail = PATIENT_RAIL
    return {"clinic_name": settings.CLINIC_NAME, "rail": rail, "is_demo": settings.IS_DEMO}
