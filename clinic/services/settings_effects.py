"""What a change of the clinic's settings means, in words, before anybody saves it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.models import Appointment, ClinicSettings

Booking = ClinicSettings.PortalBooking


@dataclass(frozen=True)
class Effect:
    """One setting that changes: from what to what, and what follows from it."""

    label: str
    old: str
    new: str
    sentence: str


def effects_of(before: ClinicSettings, values: Mapping[str, object]) -> list[Effect]:
    """What follows where some settings get new values."""
    return [
        Effect(
            label=label_of(name),
            old=in_words(name, getattr(before, name)),
            new=in_words(name, value),
            sentence=_sentence(name, before, value),
        )
        for name, value in values.items()
        if getattr(before, name) != value
    ]


def label_of(name: str) -> str:
    """What a setting is called on the page."""
    label = str(ClinicSettings._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return label[:1].upper() + label[1:]


def in_words(name: str, value: object) -> str:
    """A setting's value as people read it."""
    if name == "languages":
        codes = value if isinstance(value, list) and value else [code for code, _n in _languages()]
        return ", ".join(str(language) for code, language in _languages() if code in codes)
    if name == "portal_booking":
        return str(Booking(str(value)).label)
    if name == "phone":
        return ClinicSettings(phone=value).phone_in_words or "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return str(value) or "–"


def _languages() -> list[tuple[str, object]]:
    return list(settings.LANGUAGES)


def _sentence(name: str, before: ClinicSettings, value: object) -> str:
    if name == "time_zone":
        return _moved_clock(before, str(value))
    if name == "portal_booking":
        return _portal(str(value))
    if name == "is_sign_up_open":
        return (
            _("Whoever opens the sign-in page can make a patient’s account.")
            if value
            else _("New accounts come by invitation; those that there are stay.")
        )
    sentences = {
        "name": _("Pages and mails bear it from now on, and papers that are printed from now on."),
        "address": _("Mails and calendar files that leave from now on say it."),
        "phone": _("It stands where patients are asked to call."),
        "languages": _("People choose among these. Whoever has chosen another one keeps it."),
        "slot_minutes": _(
            "Free times begin every %(value)s minutes. What is booked stays where it is."
        ),
        "cancellation_notice_hours": _(
            "Patients cancel on their own until %(value)s hours before the visit; "
            "after that they have to call."
        ),
        "reminder_first_hours": _(
            "The first reminder leaves %(value)s hours before. Nobody gets it twice."
        ),
        "reminder_last_hours": _(
            "The last reminder leaves %(value)s hours before. Nobody gets it twice."
        ),
        "retention_years": _(
            "Records are kept for %(value)s years after the last visit. "
            "Saving this deletes nothing."
        ),
    }
    return sentences[name] % {"value": value}


def _moved_clock(before: ClinicSettings, zone: str) -> str:
    """What the new clock shows at a moment that the old one calls nine."""
    count = Appointment.objects.upcoming().count()
    nine = datetime.combine(timezone.localdate(), time(9), tzinfo=before.zone)
    kept = ngettext(
        "%(count)d appointment to come keeps its moment: what is 09:00 today will read %(clock)s.",
        "%(count)d appointments to come keep their moment: "
        "what is 09:00 today will read %(clock)s.",
        count,
    ) % {"count": count, "clock": f"{nine.astimezone(ZoneInfo(zone)):%H:%M}"}
    hours = _("Weekly hours stay as they are written and mean the new clock.")
    return f"{kept} {hours}"


def _portal(value: str) -> str:
    return {
        Booking.OFF: _("The portal shows visits and offers no times. Patients call."),
        Booking.REQUEST: _("Patients ask for a time; nothing is booked before the desk agrees."),
        Booking.INSTANT: _("A free time that a patient chooses is booked at once."),
    }[Booking(value)]
