"""What the small local table of drugs says against a prescription, and why it is written anyway."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.drugs import Drug, DrugTable, drug_table
from clinic.models import (
    Allergy,
    AuditEvent,
    Consultation,
    CurrentDrug,
    Patient,
    Prescription,
    PrescriptionLine,
    User,
    WarningOverride,
)
from clinic.services.audit import record
from clinic.services.visit_guard import fingerprint, lock_open_visit

Kind = WarningOverride.Kind


@dataclass(frozen=True)
class DrugWarning:
    """One thing that speaks against a line of a prescription."""

    kind: WarningOverride.Kind
    words: str
    key: str


@dataclass(frozen=True)
class Precautions:
    """What is known of a patient that a prescription has to heed."""

    allergies: tuple[Allergy, ...]
    current_drugs: tuple[CurrentDrug, ...]
    may_be_pregnant: bool


@dataclass(frozen=True)
class Findings:
    """What the table says to the drugs of a prescription, and which of them it does not know."""

    warnings: tuple[DrugWarning, ...]
    unknown: tuple[str, ...]


def precautions_of(patient: Patient) -> Precautions:
    """Reads what a prescription for the patient has to heed."""
    return Precautions(
        allergies=tuple(each for each in patient.allergies.all() if each.is_active),
        current_drugs=tuple(each for each in patient.current_drugs.all() if each.is_active),
        may_be_pregnant=patient.may_be_pregnant,
    )


def check_drugs(names: Iterable[str], precautions: Precautions) -> Findings:
    """Looks every drug up and says what speaks against it; changes nothing."""
    table = drug_table()
    written = [name.strip() for name in names if name.strip()]
    found = [(name, table.find(name)) for name in written]
    drugs = [drug for _name, drug in found if drug]
    warnings = [
        *_allergies(drugs, precautions.allergies, table),
        *_among_lines(drugs, table),
        *_with_current(drugs, precautions.current_drugs, table),
        *(_pregnancies(drugs) if precautions.may_be_pregnant else ()),
    ]
    return Findings(
        warnings=tuple({warning.key: warning for warning in warnings}.values()),
        unknown=tuple(dict.fromkeys(name for name, drug in found if drug is None)),
    )


def _warning(kind: WarningOverride.Kind, words: str, *about: str) -> DrugWarning:
    return DrugWarning(kind, words, fingerprint([kind, *about]))


def _allergies(
    drugs: Iterable[Drug], allergies: Sequence[Allergy], table: DrugTable
) -> Iterable[DrugWarning]:
    for allergy in allergies:
        named = {allergy.code} if allergy.code else table.terms_in(allergy.substance)
        for drug in drugs:
            words = _allergy_in_words(drug, frozenset(named), table)
            if words:
                said = _("%(what)s Recorded allergy: %(allergy)s.") % {
                    "what": words,
                    "allergy": allergy,
                }
                yield _warning(Kind.ALLERGY, said, drug.name, allergy.substance.lower())


def _allergy_in_words(drug: Drug, named: frozenset[str], table: DrugTable) -> str:
    """Why the drug is dangerous to who is allergic to what is named; nothing where it is not."""
    if contained := named & set(drug.ingredients):
        return _("%(drug)s contains %(term)s.") % {
            "drug": drug.name,
            "term": ", ".join(sorted(contained)),
        }
    related = named.union(*(table.classes_of(term) for term in named))
    if shared := related & set(drug.classes):
        return _("%(drug)s belongs to the %(term)s.") % {
            "drug": drug.name,
            "term": ", ".join(sorted(shared)),
        }
    if effects := table.cross_effects(related, drug):
        return f"{drug.name}: {' '.join(effects)}"
    return ""


def _among_lines(drugs: Sequence[Drug], table: DrugTable) -> Iterable[DrugWarning]:
    for one, other in combinations(drugs, 2):
        pair = sorted([one.name, other.name])
        if shared := set(one.ingredients) & set(other.ingredients):
            words = _("%(term)s is prescribed twice: in %(one)s and in %(other)s.")
            values = {"term": ", ".join(sorted(shared)), "one": one.name, "other": other.name}
            yield _warning(Kind.DUPLICATE, words % values, *pair)
        if effects := _effects(one, other, table):
            words = _("%(one)s with %(other)s: %(effects)s")
            values = {"one": one.name, "other": other.name, "effects": effects}
            yield _warning(Kind.INTERACTION, words % values, *pair)


def _with_current(
    drugs: Iterable[Drug], current_drugs: Iterable[CurrentDrug], table: DrugTable
) -> Iterable[DrugWarning]:
    for current in current_drugs:
        taken = table.find(current.drug)
        for drug in drugs if taken else ():
            assert taken is not None
            values = {"drug": drug.name, "taken": taken.name}
            if shared := set(drug.ingredients) & set(taken.ingredients):
                words = _("%(term)s is in %(drug)s and in what the patient takes: %(taken)s.")
                said = words % (values | {"term": ", ".join(sorted(shared))})
                yield _warning(Kind.DUPLICATE, said, drug.name, "current", taken.name)
            if effects := _effects(drug, taken, table):
                words = _("%(drug)s with %(taken)s, which the patient takes: %(effects)s")
                said = words % (values | {"effects": effects})
                yield _warning(Kind.INTERACTION, said, drug.name, "current", taken.name)


def _effects(one: Drug, other: Drug, table: DrugTable) -> str:
    if not (one.is_systemic and other.is_systemic):
        return ""
    return " ".join(table.effects_between(one, other))


def _pregnancies(drugs: Iterable[Drug]) -> Iterable[DrugWarning]:
    for drug in drugs:
        if drug.pregnancy:
            words = _("%(drug)s in a pregnancy: %(effect)s")
            said = words % {"drug": drug.name, "effect": drug.pregnancy}
            yield _warning(Kind.PREGNANCY, said, drug.name)


def check_prescription(consultation: Consultation) -> Findings:
    """Checks the lines that are stored."""
    lines = PrescriptionLine.objects.filter(prescription__consultation=consultation)
    names = lines.values_list("drug", flat=True)
    return check_drugs(names, precautions_of(consultation.patient))


@transaction.atomic
def override_warning(
    *, consultation: Consultation, actor: User, key: str, reason: str
) -> WarningOverride:
    """Keeps why the doctor prescribes in spite of a warning; a new reason replaces the old one."""
    visit = lock_open_visit(consultation)
    standing = {warning.key: warning for warning in check_prescription(visit).warnings}
    if key not in standing:
        raise ValidationError(
            _("This warning no longer stands: the prescription or the facts have changed.")
        )
    if not reason.strip():
        raise ValidationError(_("Say in a few words why it is prescribed anyway."))
    warning = standing[key]
    override, _created = WarningOverride.objects.update_or_create(
        prescription=Prescription.objects.get(consultation=visit),
        key=key,
        defaults={
            "kind": warning.kind,
            "words": warning.words,
            "reason": reason.strip(),
            "table_version": drug_table().version,
            "overridden_by": actor,
            "overridden_at": timezone.now(),
        },
    )
    record(
        AuditEvent.Verb.UPDATE,
        actor=actor,
        patient=visit.patient,
        target=override,
        detail={"overridden": warning.kind, "table": override.table_version},
    )
    return override


def settle_warnings(draft: Prescription) -> None:
    """Refuses a draft with a warning that nobody overrode; else freezes what was checked."""
    findings = check_prescription(draft.consultation)
    keys = {warning.key for warning in findings.warnings}
    settled = set(draft.overrides.values_list("key", flat=True))
    open_warnings = [warning for warning in findings.warnings if warning.key not in settled]
    if open_warnings:
        words = " ".join(warning.words for warning in open_warnings)
        raise ValidationError(
            _("Say beside the prescription why it is given anyway. %(warnings)s"),
            params={"warnings": words},
        )
    draft.overrides.exclude(key__in=keys).delete()
    known = [line.pk for line in draft.lines.all() if line.drug.strip() not in findings.unknown]
    draft.lines.filter(pk__in=known).update(is_in_table=True)
    draft.drug_table_version = drug_table().version
