"""Read the audit trail: for admins, for the patient's doctors, and for the patient."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils import timezone

from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record

if TYPE_CHECKING:
    from clinic.people.models.patient import Patient
    from clinic.people.models.user import User

Verb = AuditEvent.Verb
# The columns of an export and their contents.
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
# A spreadsheet reads a cell that begins with one of these as a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def filter_events(
    *,
    patient: "Patient | None" = None,
    actor: "User | None" = None,
    verb: str = "",
    first_day: date | None = None,
    last_day: date | None = None,
) -> QuerySet[AuditEvent]:
    """Return events that match every filter, newest first; days follow the clinic's clock."""
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


def record_audit_view(*, actor: "User", patient: "Patient | None") -> None:
    """Note that somebody read the trail of one patient, or of all."""
    record(Verb.LIST, actor=actor, patient=patient, detail={"list": "audit"})


def export_events(
    *, events: QuerySet[AuditEvent], actor: "User", filters: Mapping[str, object]
) -> Iterator[list[str]]:
    """Note the export, and yield the rows of a table, headings first."""
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
