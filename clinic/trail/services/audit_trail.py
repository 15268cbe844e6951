"""Reads the audit trail: for admins, for the patient's doctors, and for the patient."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise

from clinic.people.models.emergency import EmergencyAccess
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.trail.audit_words import words_for
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record

Verb = AuditEvent.Verb
# More rows of one emergency nobody reads through; the trail itself has them all.
MOST_SHOWN = 200
# The columns of an export, and what stands in them.
EXPORTED = {
    "id": "id",
    "at": "at",
    "verb": "verb",
    "actor_id": "actor_id",
    "actor_name": "actor__full_name",
    "actor_role": "actor_role",
    "patient_id": "patient_id",
    "patient_record_number": "patient__record_number",
    "target_type": "target_type",
    "target_id": "target_id",
    "detail": "detail",
    "request_id": "request_id",
    "ip_address": "ip_address",
}
# A spreadsheet takes a cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Entry:
    """One event in words, and whether an emergency opened the record for it."""

    event: AuditEvent
    what: str | Promise
    is_emergency: bool


def filter_events(
    *,
    patient: Patient | None = None,
    actor: User | None = None,
    verb: str = "",
    first_day: date | None = None,
    last_day: date | None = None,
) -> QuerySet[AuditEvent]:
    """Events that fit all that was asked for, the newest first; days are the clinic's."""
    events = AuditEvent.objects.order_by("-pk")
    if patient:
        events = events.filter(patient=patient)
    if actor:
        events = events.filter(actor=actor)
    if verb:
        events = events.filter(verb=verb)
    if first_day:
        events = events.filter(at__gte=_midnight(first_day))
    if last_day:
        events = events.filter(at__lt=_midnight(last_day + timedelta(days=1)))
    return events


def accesses_to(patient: Patient) -> QuerySet[AuditEvent]:
    """What others than the patient have read or done in the patient's record."""
    events = filter_events(patient=patient).exclude(verb=Verb.DENIED)
    if patient.user_id:
        events = events.exclude(actor=patient.user_id)
    return events.filter(actor__isnull=False).order_by("-at", "-pk")


def in_words(events: Iterable[AuditEvent]) -> list[Entry]:
    """Says of each event what it was, with one query for the emergencies among them."""
    events = list(events)
    patients = {event.patient_id for event in events if event.patient_id}
    spans: dict[tuple[object, object], list[tuple[datetime, datetime]]] = {}
    for access in EmergencyAccess.objects.filter(patient__in=patients) if patients else ():
        span = (access.started_at, access.ends_at)
        spans.setdefault((access.patient_id, access.doctor_id), []).append(span)
    return [
        Entry(
            event,
            words_for(event),
            any(
                start <= event.at <= end
                for start, end in spans.get((event.patient_id, event.actor_id), ())
            ),
        )
        for event in events
    ]


def accesses_under(access: EmergencyAccess) -> list[Entry]:
    """What the doctor read while the record was open."""
    events = filter_events(patient=access.patient, actor=access.doctor).filter(
        at__range=(access.started_at, access.ends_at)
    )
    return in_words(events.select_related("actor").order_by("-at", "-pk")[:MOST_SHOWN])


def record_audit_view(*, actor: User, patient: Patient | None) -> None:
    """Notes that somebody read the trail, of one patient or of all."""
    record(Verb.LIST, actor=actor, patient=patient, detail={"list": "audit"})


def export_events(
    *, events: QuerySet[AuditEvent], actor: User, filters: Mapping[str, object]
) -> Iterator[list[str]]:
    """Notes the export, and gives the rows of a table one by one, a heading first."""
    record(Verb.EXPORT, actor=actor, detail={"of": "audit", "filters": dict(filters)})
    return _table(events.values_list(*EXPORTED.values()).iterator(2_000))


def _table(rows: Iterable[tuple[object, ...]]) -> Iterator[list[str]]:
    yield list(EXPORTED)
    for row in rows:
        yield [_cell(value) for value in row]


def _cell(value: object) -> str:
    match value:
        case None:
            text = ""
        case datetime():
            text = value.isoformat()
        case dict():
            text = json.dumps(value, ensure_ascii=False)
        case _:
            text = str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
