"""Who opened or changed a record, in words, and which accesses an emergency allowed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from django.db.models import Max, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.people.models.emergency import EmergencyAccess
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.trail.audit_words import words_for
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit_trail import Verb, filter_events

# Nobody reads more rows of one emergency; the trail itself has them all.
MOST_SHOWN = 200

# The trail's words are for the clinic; these are for its patients.
DONE: dict[str, str | Promise] = {
    Verb.VIEW: _("Looked at"),
    Verb.LIST: _("Saw in a list"),
    Verb.SEARCH: _("Found in a search"),
    Verb.EXPORT: _("Saved a copy"),
    Verb.CREATE: _("Added"),
    Verb.TRANSITION: _("Updated"),
    Verb.REVIEW: _("Checked"),
}
PATIENTS_WORDS: dict[str, str | Promise] = {
    "record": _("Your access to the record"),
    "login": _("Your sign-in"),
    "audit": _("Who viewed your record"),
    "own_record": _("Your record"),
    "timeline": _("Your whole record"),
    "documents": _("Your documents"),
    "patients": _("Search for patients"),
    "to_review": _("Photographs to look at"),
    "clinic.addendum": _("A later note on a visit"),
    "clinic.patient": _("Name, birth date and contact"),
    "clinic.condition": _("Illnesses"),
    "clinic.currentdrug": _("Medicines you take"),
    "clinic.issueddocument": _("A paper for you"),
    "clinic.recordcode": _("The code that opens your record"),
    "clinic.user": _("Your account"),
    "clinic.warningoverride": _("A warning about your medicines"),
    "diagnosis.lesion": _("A spot on your skin"),
    "diagnosis.lesionimage": _("A photograph of your skin"),
    "diagnosis.prediction": _("The computer’s second opinion"),
}


@dataclass(frozen=True)
class Entry:
    """One event in words, and whether it needed an emergency access."""

    event: AuditEvent
    what: str | Promise
    is_emergency: bool


@dataclass(frozen=True)
class AccessDay:
    """What one person read or did in a record on one day, the newest first."""

    day: date
    actor: User
    entries: list[Entry]

    @property
    def first(self) -> datetime:
        """Return when the person first did something that day."""
        return self.entries[-1].event.at

    @property
    def last(self) -> datetime:
        """Return when the person last did something that day."""
        return self.entries[0].event.at

    @property
    def is_emergency(self) -> bool:
        """Return whether something of it needed an emergency access."""
        return any(entry.is_emergency for entry in self.entries)

    @property
    def deeds(self) -> list[tuple[str, list[str]]]:
        """Return what was done in the patient's words, each with the things it was done to."""
        deeds: dict[str, dict[str, None]] = {}
        for entry in self.entries:
            done = str(DONE.get(entry.event.verb) or entry.event.get_verb_display())
            thing = str(PATIENTS_WORDS.get(what_of(entry.event)) or entry.what)
            deeds.setdefault(done, {})[thing] = None
        return [(done, [thing for thing in things if thing]) for done, things in deeds.items()]


def what_of(event: AuditEvent) -> str:
    """Return the key of PATIENTS_WORDS that fits an event."""
    if "record" in event.detail:
        return "record"
    named = event.detail.get("list") or event.detail.get("what") or event.detail.get("of")
    return named if isinstance(named, str) and named in PATIENTS_WORDS else event.target_type


def days_of_access(patient: Patient) -> QuerySet[Any, Any]:
    """Return each day and person of the accesses to a record, the newest first."""
    return (
        accesses_to(patient)
        .order_by()
        .values("actor", day=TruncDate("at"))
        .annotate(last=Max("at"))
        .order_by("-day", "-last", "actor")
    )


def fill_days(patient: Patient, rows: Iterable[dict[str, Any]]) -> list[AccessDay]:
    """Return what happened on these days, in the same order."""
    rows = list(rows)
    found: dict[tuple[date, object], list[Entry]] = {(row["day"], row["actor"]): [] for row in rows}
    if not rows:
        return []
    events = (
        accesses_to(patient)
        .annotate(day=TruncDate("at"))
        .filter(day__gte=rows[-1]["day"], day__lte=rows[0]["day"])
        .select_related("actor")
    )
    for entry in in_words(events):
        key = (timezone.localdate(entry.event.at), entry.event.actor_id)
        if key in found:
            found[key].append(entry)
    return [
        AccessDay(day, cast(User, entries[0].event.actor), entries)
        for (day, _actor), entries in found.items()
        if entries
    ]


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
