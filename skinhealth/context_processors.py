from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from typing import cast

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from clinic.core.http import is_in_dialog
from clinic.core.models.clinic_settings import ClinicSettings
from clinic.office.permissions import can_read_settings, can_see_own_day
from clinic.office.services.retention import count_waiting_erasures
from clinic.people.idle import warn_seconds, why_signed_out
from clinic.people.permissions import can_manage_accounts, can_see_patient_list, can_see_portal
from clinic.people.second_factor import is_due
from clinic.people.services.emergency import running_emergencies
from clinic.people.services.sign_up import is_sign_up_open
from clinic.records.permissions import can_manage_templates
from clinic.scheduling.permissions import can_run_desk
from clinic.scheduling.services.wishes import count_new_requests
from clinic.trail.services.notifications import count_unread


@dataclass(frozen=True)
class RailEntry:
    """A link in the navigation: its target, icon and label, and the pages that belong to it."""

    url_name: str
    icon: str
    label: str | Promise
    stems: tuple[str, ...]
    count: Callable[[], int] | None = None


@dataclass(frozen=True)
class RailLink:
    """A navigation link as the base template draws it."""

    url: str
    icon: str
    label: str | Promise
    is_active: bool
    count: int = 0


# Hours, leave and types of visit are one entry with three pages.
HOURS = RailEntry(
    "clinic:doctor_list",
    "clock",
    _("Hours"),
    ("clinic:doctor_", "clinic:hours_", "clinic:absence_", "clinic:visit_type_"),
)
CALENDAR = RailEntry("clinic:calendar", "calendar3", _("Calendar"), ("clinic:calendar",))
ADMIN_RAIL = (
    RailEntry("clinic:account_list", "person-gear", _("Accounts"), ("clinic:account_",)),
    RailEntry("clinic:patient_list", "people", _("Patients"), ("clinic:patient_",)),
    RailEntry("diagnosis:atlas_list", "journal-medical", _("Atlas"), ("diagnosis:atlas_",)),
    HOURS,
    RailEntry("diagnosis:model_card", "cpu", _("Model"), ("diagnosis:model_",)),
    RailEntry(
        "clinic:audit_list", "shield-check", _("Audit"), ("clinic:audit_", "clinic:emergency_")
    ),
    RailEntry(
        "clinic:erasure_list",
        "eraser",
        _("Erasure"),
        ("clinic:erasure_",),
        count_waiting_erasures,
    ),
    RailEntry(
        "clinic:clinic_settings",
        "sliders",
        _("Settings"),
        (
            "clinic:clinic_settings",
            "clinic:symptom_",
            "clinic:body_site_",
            "clinic:record_endings",
            "clinic:retention_",
        ),
    ),
)
SECRETARY_RAIL = (
    RailEntry(
        "clinic:desk_day", "calendar-event", _("Today"), ("clinic:desk_", "clinic:appointment_")
    ),
    CALENDAR,
    RailEntry("clinic:patient_list", "people", _("Patients"), ("clinic:patient_",)),
    RailEntry(
        "clinic:waiting_room",
        "hourglass-split",
        _("Waiting room"),
        ("clinic:waiting_", "clinic:walk_in", "clinic:arrival_"),
    ),
    RailEntry(
        "clinic:request_list", "inbox", _("Requests"), ("clinic:request_",), count_new_requests
    ),
    HOURS,
)
DOCTOR_RAIL = (
    RailEntry(
        "clinic:doctor_day",
        "calendar-event",
        _("Today"),
        ("clinic:doctor_day", "clinic:appointment_", "clinic:waiting_", "diagnosis:visit"),
    ),
    CALENDAR,
    RailEntry("diagnosis:to_review", "clipboard2-check", _("To review"), ("diagnosis:to_review",)),
    RailEntry(
        "clinic:patient_list",
        "people",
        _("Patients"),
        ("clinic:patient_", "diagnosis:lesion", "diagnosis:timeline", "clinic:emergency_"),
    ),
    RailEntry("diagnosis:atlas_list", "journal-medical", _("Atlas"), ("diagnosis:atlas_",)),
    RailEntry("diagnosis:model_card", "cpu", _("Model"), ("diagnosis:model_",)),
    RailEntry("clinic:absence_list", "calendar-x", _("Leave"), ("clinic:absence_",)),
)
VISITS = ("clinic:my_appointment", "clinic:my_book")
PROFILE = ("clinic:profile", "clinic:my_consent", "clinic:my_preferences", "clinic:my_erasure")
PATIENT_RAIL = (
    RailEntry("clinic:my_appointments", "calendar-event", _("Visits"), VISITS),
    RailEntry(
        "diagnosis:my_record",
        "file-earmark-medical",
        _("Record"),
        ("diagnosis:my_", "clinic:my_documents", "clinic:my_access"),
    ),
    RailEntry("clinic:profile", "person", _("Profile"), PROFILE),
)


def rail_links(rail: tuple[RailEntry, ...], view_name: str) -> list[RailLink]:
    """Return the links of the navigation, with that of the current page marked."""
    return [
        RailLink(
            url=reverse(entry.url_name),
            icon=entry.icon,
            label=entry.label,
            is_active=view_name.startswith(entry.stems),
            count=entry.count() if entry.count else 0,
        )
        for entry in rail
    ]


def logo_address(clinic: ClinicSettings) -> str:
    """Return the address of the clinic's logo; a new logo has a new address."""
    if not clinic.logo:
        return ""
    return f"{reverse('clinic:clinic_logo')}?{PurePath(clinic.logo.name or '').stem}"


def layout(request: HttpRequest) -> dict[str, object]:
    """Return the base template: the site’s frame, or the dialog of the requesting page."""
    in_dialog = is_in_dialog(request)
    return {"is_in_dialog": in_dialog, "layout": "dialog.html" if in_dialog else "base.html"}


def frame(request: HttpRequest) -> dict[str, object]:
    """Return what every page's frame shows: the clinic's name and the role's links."""
    # Evaluated only where a template uses it, so a fragment of a page does not pay for the frame.
    user = getattr(request, "user", None)
    clinic = cast(ClinicSettings, SimpleLazyObject(ClinicSettings.objects.current))
    match = request.resolver_match
    rail: tuple[RailEntry, ...] = ()
    has_templates = has_patient_search = False
    bell: dict[str, object] = {"running_emergencies": ()}
    if user is not None and user.is_authenticated:
        has_templates = can_manage_templates(user)
        has_patient_search = can_see_patient_list(user)
        # Only the bell uses these, so fragments do not pay for them.
        bell["count_unread"] = partial(count_unread, user)
        bell["warn_seconds"] = warn_seconds(user)
        if can_manage_accounts(user):
            rail = ADMIN_RAIL
        elif can_run_desk(user):
            rail = SECRETARY_RAIL
        elif can_see_own_day(user):
            rail = DOCTOR_RAIL
            bell["running_emergencies"] = partial(running_emergencies, user)
        elif can_see_portal(user):
            rail = PATIENT_RAIL
    return {
        "clinic_name": SimpleLazyObject(lambda: clinic.name),
        "clinic_logo": SimpleLazyObject(partial(logo_address, clinic)),
        "has_settings": user is not None and user.is_authenticated and can_read_settings(user),
        **bell,
        "rail": SimpleLazyObject(partial(rail_links, rail, match.view_name if match else "")),
        # Used only on the sign-in page.
        "is_sign_up_open": is_sign_up_open,
        "why_signed_out": partial(why_signed_out, request),
        "has_templates": has_templates,
        "has_patient_search": has_patient_search,
        # Used only on the page that sets up a second factor.
        "is_second_factor_due": partial(is_due, request),
        "offered_languages": SimpleLazyObject(lambda: clinic.offered_languages),
        "is_demo": settings.IS_DEMO and settings.HAS_DEMO,
    }
