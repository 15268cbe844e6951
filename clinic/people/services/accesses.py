"""Who opened or changed a record, in words, and which accesses an emergency allowed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.functional import Promise

from clinic.people.models.emergency import EmergencyAccess
from clinic.people.models.patient import Patient
from clinic.trail.audit_words import words_for
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit_trail import Verb, filter_events

# Nobody reads more rows of one emergency; the trail itself has them all.
MOST_SHOWN = 200


@dataclass(frozen=True)
class Entry:
    """One event in words, and whether it needed an emergency access."""

    event: AuditEvent
    what: str | Promise
    is_emergency: bool


def accesses_to(patient: Patient) -> QuerySet[AuditEvent]:
    """Return what anyone but the patient has read or done in the record."""
    events = filter_events(patient=patient).exclude(verb=Verb.DENIED)
    if patient.user_id:
        events = events.exclude(actor=patient.user_id)
    return events.filter(actor__isnull=False).order_by("-at", "-pk")


def in_words(events: Iterable[AuditEvent]) -> list[Entry]:
    """Describe each event in words, with one query for the emergencies among them."""
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
    """Return what the doctor read while the record was open."""
    events = filter_events(patient=access.patient, actor=access.doctor).filter(
        at__range=(access.started_at, access.ends_at)
    )
    return in_words(events.select_related("actor").order_by("-at", "-pk")[:MOST_SHOWN])
