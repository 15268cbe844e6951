"""Facts about a patient that outlast one visit: phototype, allergies, conditions, drugs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.records.drugs.table import drug_table
from clinic.records.models.consultation import Consultation
from clinic.records.models.facts import Allergy, ClinicalFact, Condition, CurrentDrug
from clinic.records.services.visit_guard import fingerprint, hold_patient, lock_open_visit
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record

Fact = TypeVar("Fact", bound=ClinicalFact)

NONE_KNOWN = {
    "has_no_known_allergies": _(
        "There are allergies: end them with a reason first, or untick “no known allergies”."
    ),
    "has_no_known_conditions": _(
        "There are conditions: end them with a reason first, or untick “no known conditions”."
    ),
    "takes_no_drugs": _(
        "There are current drugs: end them with a reason first, or untick “takes no drugs”."
    ),
}
FACTS = ("phototype", *NONE_KNOWN, "pregnancy")


@dataclass(frozen=True, kw_only=True)
class NoneKnown:
    """Whether the patient has no known allergies or conditions, and takes no drugs."""

    has_no_known_allergies: bool
    has_no_known_conditions: bool
    takes_no_drugs: bool


def facts_fingerprint(patient: Patient) -> str:
    """Return a mark of the clinical facts that a page shows."""
    return fingerprint([getattr(patient, fact) for fact in FACTS])


def _is_contradicted(patient: Patient, none_known: str) -> bool:
    """Return whether an active row contradicts “none”."""
    rows: dict[str, Iterable[ClinicalFact]] = {
        "has_no_known_allergies": patient.allergies.all(),
        "has_no_known_conditions": patient.conditions.all(),
        "takes_no_drugs": patient.current_drugs.all(),
    }
    return any(row.is_active for row in rows[none_known])


def active_allergies(of_patient: str) -> Prefetch[str, QuerySet[Allergy], str]:
    """Prefetch the allergies of the patients in a list, as `active_allergies`."""
    return Prefetch(
        f"{of_patient}__allergies",
        queryset=Allergy.objects.filter(ended_at__isnull=True),
        to_attr="active_allergies",
    )


@transaction.atomic
def record_clinical_facts(
    *,
    consultation: Consultation,
    actor: User,
    phototype: int | None,
    none_known: NoneKnown,
    pregnancy: str | None = None,
    seen: str | None = None,
) -> Patient:
    """Store the phototype, the “none known” answers and the pregnancy answer.

    Without `pregnancy`, the question was not on the page, and its stored answer stays. `seen` is
    the mark of the facts that the doctor saw: if they have changed since, nothing is overwritten.
    """
    patient = _lock_patient(consultation)
    before = {fact: getattr(patient, fact) for fact in FACTS}
    seen_before = facts_fingerprint(patient)
    patient.phototype = phototype
    patient.has_no_known_allergies = none_known.has_no_known_allergies
    patient.has_no_known_conditions = none_known.has_no_known_conditions
    patient.takes_no_drugs = none_known.takes_no_drugs
    changed = [fact for fact in FACTS if getattr(patient, fact) != before[fact]]
    # An old “no” shows as not asked, so the same answer to a new question counts again.
    if pregnancy is not None and pregnancy != patient.pregnancy_now:
        patient.pregnancy = pregnancy
        patient.pregnancy_asked_on = timezone.localdate() if pregnancy else None
        changed.append("pregnancy")
    if not changed:
        return patient
    if seen is not None and seen != seen_before:
        raise ValidationError(
            _("Somebody changed these facts in the meantime. Read them again, then save."),
            code="changed",
        )
    for fact, refusal in NONE_KNOWN.items():
        if getattr(patient, fact) and _is_contradicted(patient, fact):
            raise ValidationError(refusal)
    patient.full_clean()
    patient.save(update_fields=[*FACTS, "pregnancy_asked_on"])
    record(
        AuditEvent.Verb.UPDATE,
        actor=actor,
        patient=patient,
        target=patient,
        detail={"fields": changed},
    )
    return patient


@transaction.atomic
def note_allergy(
    *,
    consultation: Consultation,
    actor: User,
    substance: str,
    reaction: str = "",
    severity: str = Allergy.Severity.UNKNOWN,
) -> Allergy:
    """Add an allergy, with its code if the drug table knows the substance.

    This withdraws “no known allergies”. The same substance noted twice is kept once.
    """
    patient = _lock_patient(consultation)
    substance = substance.strip()
    kept = _standing(patient.allergies.all(), substance=substance)
    if kept:
        return kept
    _take_back(patient, "has_no_known_allergies")
    allergy = Allergy(
        patient=patient,
        noted_by=actor,
        substance=substance,
        code=_code_of(substance),
        reaction=reaction.strip(),
        severity=severity,
    )
    _add(allergy, patient=patient, actor=actor)
    return allergy


@transaction.atomic
def note_condition(
    *, consultation: Consultation, actor: User, name: str, icd10: str = ""
) -> Condition:
    """Add a condition and withdraw “no known conditions”; noted twice it is kept once."""
    patient = _lock_patient(consultation)
    kept = _standing(patient.conditions.all(), name=name.strip())
    if kept:
        return kept
    _take_back(patient, "has_no_known_conditions")
    condition = Condition(
        patient=patient, noted_by=actor, name=name.strip(), icd10=icd10.strip().upper()
    )
    _add(condition, patient=patient, actor=actor)
    return condition


@transaction.atomic
def note_current_drug(
    *,
    consultation: Consultation,
    actor: User,
    drug: str,
    dose: str = "",
    since: date | None = None,
    until: date | None = None,
) -> CurrentDrug:
    """Add a drug that the patient takes and withdraw “takes no drugs”.

    The same drug and dose noted twice is kept once.
    """
    patient = _lock_patient(consultation)
    words = {"drug": drug.strip(), "dose": dose.strip(), "since": since, "until": until}
    kept = _standing(patient.current_drugs.all(), **words)
    if kept:
        return kept
    _take_back(patient, "takes_no_drugs")
    current = CurrentDrug(patient=patient, noted_by=actor, **words)
    _add(current, patient=patient, actor=actor)
    return current


@transaction.atomic
def end_fact(
    *, fact: Allergy | Condition | CurrentDrug, consultation: Consultation, actor: User, reason: str
) -> None:
    """End a fact with date and reason; it stays in the record, and a second end changes nothing."""
    patient = _lock_patient(consultation)
    stored = type(fact)._default_manager.get(pk=fact.pk, patient=patient)
    if stored.ended_at is not None:
        return
    if not reason.strip():
        raise ValidationError(_("Say in a few words why it no longer applies."))
    stored.ended_at = timezone.now()
    stored.ended_by = actor
    stored.ended_reason = reason.strip()
    stored.full_clean()
    stored.save(update_fields=["ended_at", "ended_by", "ended_reason"])
    record(
        AuditEvent.Verb.TRANSITION,
        actor=actor,
        patient=patient,
        target=stored,
        detail={"to": "ended"},
    )


def _lock_patient(consultation: Consultation) -> Patient:
    """Return the patient of an open visit, locked until the transaction ends."""
    lock_open_visit(consultation)
    return hold_patient(consultation)


def _code_of(substance: str) -> str:
    """Return the table's terms for an allergy, unless there are too many to store."""
    code = drug_table().code_of(substance)
    return code if len(code) <= (Allergy._meta.get_field("code").max_length or 0) else ""


def _take_back(patient: Patient, none_known: str) -> None:
    """Untick “none” because there is something now."""
    if getattr(patient, none_known):
        setattr(patient, none_known, False)
        patient.save(update_fields=[none_known])


def _standing(facts: Iterable[Fact], **words: object) -> Fact | None:
    """Return the active fact that says the same, ignoring case."""
    # The words are encrypted, so the database cannot compare them.
    for fact in facts:
        if fact.ended_at is None and all(
            _folded(getattr(fact, field)) == _folded(value) for field, value in words.items()
        ):
            return fact
    return None


def _folded(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value


def _add(fact: ClinicalFact, *, patient: Patient, actor: User) -> None:
    fact.full_clean()
    fact.save()
    record(AuditEvent.Verb.CREATE, actor=actor, patient=patient, target=fact)
