"""When records end: announcing it, carrying it out, and previewing a shorter period.

No record ends unless it was announced a day before, on a page where that can be cancelled.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Max, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from clinic.core.batches import each_alone
from clinic.core.encryption import UnreadableError
from clinic.core.models.clinic_settings import ClinicSettings
from clinic.office.services.erasure import STILL_HERE, pseudonymise_patient
from clinic.people.models.erasure import ErasureRequest
from clinic.people.models.patient import Patient
from clinic.people.models.record_ending import RecordEnding
from clinic.people.models.user import User
from clinic.people.permissions import active_admins
from clinic.scheduling.models.appointment import Appointment
from clinic.trail.models.audit import AuditEvent
from clinic.trail.models.notification import Notification
from clinic.trail.services.audit import record
from clinic.trail.services.notifications import notify

logger = logging.getLogger(__name__)

NOTICE = timedelta(days=1)
# An hour's worth: an old clinic is done within days, and nobody has to wait for it.
BATCH = 50
# Records that would end soon are part of the price of a shorter period.
FORESEEN = timedelta(days=365)
Trouble = RecordEnding.Trouble
Why = RecordEnding.Why


@dataclass(frozen=True)
class Foreseen:
    """How many records a retention period would end: at once, and within a year from now."""

    now: int
    within_a_year: int


@dataclass(frozen=True)
class Candidate:
    """A patient whose record would end, and the earliest day for that."""

    patient: Patient
    last_seen: datetime
    ends_at: datetime


def expired_patients(years: int, *, by: datetime | None = None) -> QuerySet[Patient]:
    """Return patients last seen this many years ago, with `last_seen`, oldest first.

    Patients who asked for erasure wait for an admin; patients who are expected are not gone.
    """
    before = years_before(by or timezone.localtime(), years)
    return (
        Patient.objects.living()
        .annotate(last_seen=Coalesce(Max("appointments__starts_at"), "created_at"))
        .filter(last_seen__lt=before)
        .exclude(pk__in=ErasureRequest.objects.waiting().values("patient"))
        .exclude(pk__in=Appointment.objects.filter(status__in=STILL_HERE).values("patient"))
        .order_by("last_seen", "pk")
    )


def years_before(moment: datetime, years: int) -> datetime:
    """Return the same day this many years earlier."""
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:  # the 29th of February
        return moment.replace(year=moment.year - years, day=28)


def foresee(years: int) -> Foreseen:
    """Count the records that a retention period would end, as the hourly task would find them."""
    soon = timezone.localtime() + FORESEEN
    now = expired_patients(years).count()
    return Foreseen(now=now, within_a_year=expired_patients(years, by=soon).count() - now)


def candidates(years: int) -> QuerySet[Patient]:
    """Return the patients whose records a retention period would end within a year from now."""
    return expired_patients(years, by=timezone.localtime() + FORESEEN)


def with_their_days(patients: Sequence[Patient], *, years: int, position: int) -> list[Candidate]:
    """Return each candidate with the earliest day; `position` is that of the first in the list."""
    earliest = timezone.now() + NOTICE
    return [
        Candidate(
            patient=patient,
            last_seen=patient.last_seen,  # type: ignore[attr-defined]
            ends_at=max(
                earliest + timedelta(hours=(position + number) // BATCH),
                years_before(patient.last_seen, -years) + NOTICE,  # type: ignore[attr-defined]
            ),
        )
        for number, patient in enumerate(patients)
    ]


@transaction.atomic
def announce_expired() -> int:
    """Announce the end of records past their period; cancel announcements no longer valid."""
    years = ClinicSettings.objects.current().retention_years
    call_off_kept(years=years)
    planned = RecordEnding.objects.planned().values("patient")
    keys = expired_patients(years).exclude(pk__in=planned).values_list("pk", flat=True)
    now = timezone.now()
    announced = RecordEnding.objects.bulk_create(
        RecordEnding(patient_id=key, why=Why.RETENTION, announced_at=now, due_at=now + NOTICE)
        for key in keys
    )
    if announced:
        record(AuditEvent.Verb.CREATE, actor=None, detail={"records_announced": len(announced)})
        tell_admins(Notification.Kind.RECORDS_WILL_END, fact_key=timezone.localdate().isoformat())
    return len(announced)


def call_off_kept(*, years: int) -> int:
    """Cancel announcements for records that are kept after all."""
    kept = RecordEnding.objects.planned().filter(why=Why.RETENTION)
    return kept.exclude(patient__in=expired_patients(years).order_by().values("pk")).update(
        called_off_at=timezone.now()
    )


def carry_out_due() -> int:
    """End the records that were announced a day ago; return how many ended."""
    # There may have been a visit since, or a longer period.
    call_off_kept(years=ClinicSettings.objects.current().retention_years)
    keys = list(RecordEnding.objects.due().values_list("pk", flat=True)[:BATCH])
    return each_alone(keys, _carry_out, what="A record could not end", on_failure=_keep_trouble)


def carry_out(*, ending: RecordEnding, actor: User | None) -> None:
    """End one record whose end was announced; to be called inside a transaction."""
    patient = Patient.objects.get(pk=ending.patient_id)
    pseudonymise_patient(patient=patient, actor=actor, why=ending.why)
    ending.done_at, ending.trouble = timezone.now(), ""
    ending.save(update_fields=["done_at", "trouble"])


def tell_admins(kind: Notification.Kind, *, fact_key: object, but: User | None = None) -> None:
    """Tell the admins, except the one who did it, about something on the page of endings."""
    notify(
        recipients=[admin for admin in active_admins() if admin != but],
        kind=kind,
        url_name="clinic:record_endings",
        object_key="",
        fact_key=fact_key,
    )


def count_troubles() -> int:
    """Count the records that should have ended and could not."""
    return RecordEnding.objects.planned().exclude(trouble="").count()


def count_planned() -> dict[str, int]:
    """Count the announced endings by reason."""
    counts = RecordEnding.objects.planned().order_by().values_list("why").annotate(Count("pk"))
    return dict(counts)


def record_endings_view(*, actor: User, count: int) -> None:
    """Note that somebody read the list of records that end."""
    record(AuditEvent.Verb.LIST, actor=actor, detail={"of": "record_endings", "count": count})


def _carry_out(key: UUID) -> None:
    ending = RecordEnding.objects.planned().select_for_update(no_key=True).filter(pk=key).first()
    if ending:  # otherwise somebody has just cancelled it
        carry_out(ending=ending, actor=None)


def _keep_trouble(key: UUID, error: Exception) -> None:
    """Store why a record could not end, and tell the admins once."""
    if isinstance(error, UnreadableError):
        trouble = Trouble.UNREADABLE
    elif isinstance(error, ValidationError):
        trouble = Trouble.COMING
    else:
        trouble = Trouble.ERROR
    RecordEnding.objects.filter(pk=key).update(trouble=trouble, tried_at=timezone.now())
    tell_admins(Notification.Kind.RECORD_NOT_ENDED, fact_key=key)
