"""Appointments for other people's calendar programs: single files, and a feed per doctor."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.core.models.clinic_settings import ClinicSettings
from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.scheduling.ics import CANCEL, PUBLISH, REQUEST, CalendarEntry, calendar_of
from clinic.scheduling.models.appointment import Appointment, AppointmentTransition
from clinic.scheduling.models.calendar_feed import CalendarFeed
from clinic.scheduling.services.secret_addresses import (
    fingerprint_of,
    renew_address,
    revoke_address,
)
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record

Status = Appointment.Status
CALLED_OFF = frozenset({Status.CANCELLED, Status.ENTERED_IN_ERROR})
RECENT = timedelta(days=30)


@dataclass(frozen=True)
class CalendarFile:
    """An .ics file and what it asks a calendar program to do."""

    method: str
    content: bytes


def visit_file(appointment: Appointment) -> CalendarFile:
    """Return the appointment as a file that adds it to a calendar, or removes it."""
    if appointment.status in CALLED_OFF:
        method = CANCEL
    elif appointment.status in Appointment.SLOT_STATUSES:
        method = REQUEST
    else:
        # A moved appointment shares its uid with the new one; a cancellation would remove both.
        raise ValidationError(_("This time is not booked."), code="not_booked")
    uid, sequence = _identities([appointment])[appointment.pk]
    entry = CalendarEntry(
        uid=uid,
        sequence=sequence,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        summary=_summary(),
        attendee=appointment.patient.email,
    )
    return CalendarFile(method=method, content=calendar_of([entry], method=method))


def feed_of(user: User) -> CalendarFeed | None:
    """Return the doctor's calendar address, if there is one."""
    return CalendarFeed.objects.filter(doctor__user=user).first()


def find_feed(token: str) -> CalendarFeed | None:
    """Return the feed with this secret, unless it was revoked."""
    feeds = CalendarFeed.objects.select_related("doctor__user")
    return feeds.filter(token_sha256=fingerprint_of(token)).first()


@transaction.atomic
def read_feed(feed: CalendarFeed) -> bytes:
    """Return the doctor's upcoming and recent appointments, without names."""
    now = timezone.now()
    appointments = list(
        Appointment.objects.holding_a_slot()
        .filter(doctor=feed.doctor, starts_at__gte=now - RECENT)
        .select_related("patient")
    )
    identities = _identities(appointments)
    with translation.override(feed.doctor.user.language):
        entries = [
            CalendarEntry(
                *identities[appointment.pk],
                starts_at=appointment.starts_at,
                ends_at=appointment.ends_at,
                summary=_summary(appointment.patient if feed.shows_initials else None),
            )
            for appointment in appointments
        ]
    CalendarFeed.objects.filter(pk=feed.pk).update(last_read_at=now)
    # Anybody with the address can read it, so nobody is signed in.
    detail = {"count": len(entries), "initials": feed.shows_initials}
    record(AuditEvent.Verb.EXPORT, actor=None, target=feed, detail=detail)
    return calendar_of(entries, method=PUBLISH)


def renew_feed(*, doctor: Doctor, actor: User) -> str:
    """Create a new secret address for the doctor, which is shown only once."""
    return renew_address(CalendarFeed.objects.all(), actor=actor, doctor=doctor)


def revoke_feed(*, doctor: Doctor, actor: User) -> None:
    """Revoke the doctor's secret address."""
    revoke_address(CalendarFeed.objects.filter(doctor=doctor), actor=actor)


@transaction.atomic
def show_initials(*, doctor: Doctor, actor: User, shows_initials: bool) -> None:
    """Set whether the feed shows the patients' initials."""
    feed = CalendarFeed.objects.select_for_update().filter(doctor=doctor).first()
    if feed is None:
        raise ValidationError(_("There is no calendar address. Create one first."))
    if feed.shows_initials == shows_initials:
        return
    feed.shows_initials = shows_initials
    feed.save(update_fields=["shows_initials"])
    detail = {"initials": [not shows_initials, shows_initials]}
    record(AuditEvent.Verb.UPDATE, actor=actor, target=feed, detail=detail)


def _summary(patient: Patient | None = None) -> str:
    summary = gettext("Visit at %(clinic)s") % {"clinic": ClinicSettings.objects.current().name}
    return f"{summary} · {_initials(patient.full_name)}" if patient else summary


def _initials(name: str) -> str:
    words = name.split()
    return " ".join(f"{word[0].upper()}." for word in (words[:1] + words[1:][-1:]))


def _identities(appointments: Iterable[Appointment]) -> dict[UUID, tuple[str, int]]:
    """Return each appointment's uid, which survives moves, and its rising sequence.

    A moved appointment is a new row that points at the old one. The uid is that of the first row,
    the sequence the number of moves stored in all of its rows.
    """
    before = {each.pk: each.rescheduled_from_id for each in appointments}
    wanted = list(before)
    while asked := {old for old in before.values() if old} - before.keys():
        before |= dict(
            Appointment.objects.filter(pk__in=asked).values_list("pk", "rescheduled_from_id")
        )
    moves = Counter(
        AppointmentTransition.objects.filter(appointment__in=list(before)).values_list(
            "appointment", flat=True
        )
    )
    identities = {}
    for pk in wanted:
        chain = [pk]
        while old := before[chain[-1]]:
            chain.append(old)
        identities[pk] = (f"{chain[-1]}@skinhealth", sum(moves[each] for each in chain))
    return identities
