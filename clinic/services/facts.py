"""What holds for a patient beyond one visit: phototype, allergies, conditions, current drugs."""

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.drugs import drug_table
from clinic.models import (
    Allergy,
    AuditEvent,
    ClinicalFact,
    Condition,
    Consultation,
    CurrentDrug,
    Patient,
    User,
)
from clinic.services.audit import record
from clinic.services.visit_guard import fingerprint, lock_open_visit

Fact = TypeVar("Fact", bound=ClinicalFact)

FACTS = ("phototype", "has_no_known_allergies")


def facts_fingerprint(patient: Patient) -> str:
    """A mark of the clinical facts that a page shows."""
    return fingerprint([getattr(patient, fact) for fact in FACTS])


def active_allergies(of_patient: str) -> Prefetch[str, QuerySet[Allergy], str]:
    """Reads along what the patients of a list are allergic to, as `active_allergies`."""
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
    has_no_known_allergies: bool,
    seen: str | None = None,
) -> Patient:
    """Writes down the phototype, and whether the patient says to have no allergy.

    `seen` is the mark of the facts that the doctor had in view: where they have changed since,
    nothing is overwritten.
    """
    patient = _lock_patient(consultation)
    before = {fact: getattr(patient, fact) for fact in FACTS}
    seen_before = facts_fingerprint(patient)
    patient.phototype = phototype
    patient.has_no_known_allergies = has_no_known_allergies
    changed = [fact for fact in FACTS if getattr(patient, fact) != before[fact]]
    if not changed:
        return patient
    if seen is not None and seen != seen_before:
        raise ValidationError(
            _("Somebody changed these facts meanwhile. Read them once more, then save."),
            code="changed",
        )
    if has_no_known_allergies and patient.allergies.filter(ended_at__isnull=True).exists():
        raise ValidationError(
            _("There are allergies: end them with a reason first, or untick “no known allergies”.")
        )
    patient.full_clean()
    patient.save(update_fields=FACTS)
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
    """Adds an allergy, coded where the table of drugs knows the substance.

    It takes “no known allergies” back. The same substance noted twice is kept once.
    """
    patient = _lock_patient(consultation)
    substance = substance.strip()
    kept = _standing(patient.allergies.all(), substance=substance)
    if kept:
        return kept
    if patient.has_no_known_allergies:
        patient.has_no_known_allergies = False
        patient.save(update_fields=["has_no_known_allergies"])
    allergy = Allergy(
        patient=patient,
        noted_by=actor,
        substance=substance,
        code=drug_table().code_of(substance),
        reaction=reaction.strip(),
        severity=severity,
    )
    _add(allergy, patient=patient, actor=actor)
    return allergy


@transaction.atomic
def note_condition(
    *, consultation: Consultation, actor: User, name: str, icd10: str = ""
) -> Condition:
    """Adds a condition; the same one noted twice is kept once."""
    patient = _lock_patient(consultation)
    kept = _standing(patient.conditions.all(), name=name.strip())
    if kept:
        return kept
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
    """Adds a drug that the patient takes; the same drug and dose noted twice is kept once."""
    patient = _lock_patient(consultation)
    words = {"drug": drug.strip(), "dose": dose.strip(), "since": since, "until": until}
    kept = _standing(patient.current_drugs.all(), **words)
    if kept:
        return kept
    current = CurrentDrug(patient=patient, noted_by=actor, **words)
    _add(current, patient=patient, actor=actor)
    return current


@transaction.atomic
def end_fact(
    *, fact: Allergy | Condition | CurrentDrug, consultation: Consultation, actor: User, reason: str
) -> None:
    """Ends a fact with its date and the reason; it stays in the record. Twice changes nothing."""
    patient = _lock_patient(consultation)
    stored = type(fact)._default_manager.get(pk=fact.pk, patient=patient)
    if stored.ended_at is not None:
        return
    if not reason.strip():
        raise ValidationError(_("Say in a few words why it no longer holds."))
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
    """The patient of an open visit, held until the transaction ends."""
    lock_open_visit(consultation)
    return Patient.objects.select_for_update(no_key=True).get(pk=consultation.patient_id)


def _standing(facts: Iterable[Fact], **words: object) -> Fact | None:
    """The fact that says the same, in capitals or not, and has not ended."""
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
