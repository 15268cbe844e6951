"""The effects of changed settings, in words, before anybody saves them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.core.lists import listed
from clinic.core.models.clinic_settings import ClinicSettings
from clinic.office.services.record_endings import Candidate, candidates, foresee, with_their_days
from clinic.people.models.record_ending import RecordEnding
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.schedule import Absence
from clinic.scheduling.services.messages import count_due_reminders

Booking = ClinicSettings.PortalBooking
# The page that is linked lists all of them.
MOST_NAMED = 5


@dataclass(frozen=True)
class Effect:
    """One setting that changes: the old and new value, and the effects."""

    label: str
    old: str
    new: str
    sentence: str
    # The first people affected, and the page that lists all of them.
    people: Sequence[Candidate] = ()
    url: str = ""


def effects_of(before: ClinicSettings, values: Mapping[str, object]) -> list[Effect]:
    """Return the effects of new values for some settings."""
    return [
        _retention(before, value)
        if name == "retention_years" and isinstance(value, int)
        else Effect(
            label=label_of(name),
            old=in_words(name, getattr(before, name)),
            new=in_words(name, value),
            sentence=_sentence(name, before, values),
        )
        for name, value in values.items()
        if getattr(before, name) != value
    ]


def label_of(name: str) -> str:
    """Return the name of a setting on the page."""
    label = str(ClinicSettings._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return label[:1].upper() + label[1:]


def in_words(name: str, value: object) -> str:
    """Return a setting's value as people read it."""
    if name == "languages":
        codes = value if isinstance(value, list) and value else [code for code, _n in _languages()]
        return listed(language for code, language in _languages() if code in codes)
    if name == "portal_booking":
        return str(Booking(str(value)).label)
    if name == "date_order":
        return str(ClinicSettings.DateOrder(str(value)).label)
    if name == "diagnosis_release":
        return str(ClinicSettings.DiagnosisRelease(str(value)).label)
    if name == "phone":
        return ClinicSettings(phone=value).phone_in_words or "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return str(value) or "–"


def _languages() -> list[tuple[str, object]]:
    return list(settings.LANGUAGES)


def _sentence(name: str, before: ClinicSettings, values: Mapping[str, object]) -> str:
    value = values[name]
    if name in {"reminder_first_hours", "reminder_last_hours"}:
        return _reminders(name, before, values)
    if name == "is_overbooking_allowed":
        return (
            _("The desk can overbook a full calendar, with a reason each time.")
            if value
            else _("Full calendars cannot be overbooked. Existing overbookings stay.")
        )
    if name == "time_zone":
        return _moved_clock(before, str(value))
    if name == "portal_booking":
        return _portal(str(value))
    if name == "is_sign_up_open":
        return (
            _("Anyone who opens the sign-in page can create a patient account.")
            if value
            else _("New accounts are by invitation only. Existing accounts stay.")
        )
    sentences = {
        "diagnosis_release": _(
            "Applies to diagnoses made from now on. A malignant one always waits for the "
            "conversation."
        ),
        "name": _("Pages, emails and newly printed papers show it from now on."),
        "address": _("Emails and calendar files sent from now on show it."),
        "phone": _("Shown where patients are asked to call."),
        "languages": _(
            "People choose from these. Anyone who has chosen another language keeps it."
        ),
        "date_order": _("A date that is typed in figures is read in this order from now on."),
        "slot_minutes": _(
            "Free times start every %(value)s minutes. Existing bookings stay where they are."
        ),
        "cancellation_notice_hours": _(
            "Patients can cancel until %(value)s hours before the visit. After that they have to "
            "call."
        ),
    }
    return sentences[name] % {"value": value}


def _moved_clock(before: ClinicSettings, zone: str) -> str:
    """Return the new clock's time at the moment when the old one shows nine."""
    count = Appointment.objects.upcoming().count()
    nine = datetime.combine(timezone.localdate(), time(9), tzinfo=before.zone)
    kept = ngettext(
        "%(count)d upcoming appointment keeps its actual time: 09:00 today will read %(clock)s.",
        "%(count)d upcoming appointments keep their actual time: 09:00 today will read %(clock)s.",
        count,
    ) % {"count": count, "clock": f"{nine.astimezone(ZoneInfo(zone)):%H:%M}"}
    hours = _("Weekly hours keep their figures and follow the new clock.")
    leave = Absence.objects.coming().count()
    moments = ngettext(
        "%(count)d absence keeps its time too, so its whole days no longer start at midnight.",
        "%(count)d absences keep their times too, so their whole days no longer start at midnight.",
        leave,
    ) % {"count": leave}
    return f"{kept} {hours} {moments}" if leave else f"{kept} {hours}"


def _retention(before: ClinicSettings, years: int) -> Effect:
    """Count and list the records that a retention period would end."""
    found = foresee(years)
    effect = partial(
        Effect,
        label=label_of("retention_years"),
        old=in_words("retention_years", before.retention_years),
        new=in_words("retention_years", years),
    )
    if years > before.retention_years:
        announced = RecordEnding.objects.planned().filter(why=RecordEnding.Why.RETENTION).count()
        kept = ngettext(
            "It takes effect at once. %(count)d announced ending is checked again.",
            "It takes effect at once. %(count)d announced endings are checked again.",
            announced,
        )
        return effect(sentence=kept % {"count": announced})
    now = ngettext(
        "Saving this only proposes it: a second admin has to confirm it. Then %(count)d record "
        "loses name, contact data and login for ever, a day later at the earliest.",
        "Saving this only proposes it: a second admin has to confirm it. Then %(count)d records "
        "lose name, contact data and login for ever, 50 an hour, a day later at the earliest.",
        found.now,
    ) % {"count": found.now}
    later = ngettext(
        "%(count)d more follows within a year.",
        "%(count)d more follow within a year.",
        found.within_a_year,
    ) % {"count": found.within_a_year}
    first = list(candidates(years)[:MOST_NAMED])
    return effect(
        sentence=f"{now} {later}",
        people=with_their_days(first, years=years, position=0),
        url=reverse("clinic:record_endings", query={"years": years}) if first else "",
    )


def _reminders(name: str, before: ClinicSettings, values: Mapping[str, object]) -> str:
    """Say when reminders will be sent, and how many will be sent at once."""
    first = values.get("reminder_first_hours", before.reminder_first_hours)
    last = values.get("reminder_last_hours", before.reminder_last_hours)
    said = {
        "reminder_first_hours": _(
            "The first reminder is sent %(value)s hours before. Nobody gets it twice."
        ),
        "reminder_last_hours": _(
            "The last reminder is sent %(value)s hours before. Nobody gets it twice."
        ),
    }[name] % {"value": values[name]}
    if not isinstance(first, int) or not isinstance(last, int):
        return said
    count = count_due_reminders(first_hours=first, last_hours=last)
    at_once = ngettext(
        "%(count)d reminder is then due and is sent within a minute.",
        "%(count)d reminders are then due and are sent within a minute.",
        count,
    ) % {"count": count}
    return f"{said} {at_once}"


def _portal(value: str) -> str:
    return {
        Booking.OFF: _("The portal shows visits but offers no times. Patients call."),
        Booking.REQUEST: _("Patients request a time. Nothing is booked until the desk agrees."),
        Booking.INSTANT: _("A free time that a patient chooses is booked at once."),
    }[Booking(value)]
