"""Check a prescription against the drug table, and keep why it is prescribed despite warnings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import combinations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.core.lists import listed
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.records.drugs.rows import Drug, ReadAllergy, ReadDrugs, Written
from clinic.records.drugs.table import DrugTable, drug_table
from clinic.records.models.consultation import Consultation
from clinic.records.models.facts import Allergy, Condition, CurrentDrug
from clinic.records.models.prescription import Prescription, PrescriptionLine, WarningOverride
from clinic.records.services.hand_checks import Asked, DrugWarning, Mentioned, checks_by_hand
from clinic.records.services.visit_guard import fingerprint, lock_open_visit
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record

Kind = WarningOverride.Kind


@dataclass(frozen=True)
class Precautions:
    """What a prescription has to consider about a patient, and what was never asked."""

    allergies: tuple[Allergy, ...]
    current_drugs: tuple[CurrentDrug, ...]
    conditions: tuple[Condition, ...]
    may_be_pregnant: bool
    is_pregnancy_suspected: bool
    is_pregnant: bool
    asked: Asked


@dataclass(frozen=True)
class Findings:
    """The table's warnings about a prescription, and what somebody has to check by hand."""

    warnings: tuple[DrugWarning, ...]
    by_hand: tuple[DrugWarning, ...]
    read_lines: tuple[bool, ...]


def precautions_of(patient: Patient) -> Precautions:
    """Read what a prescription for the patient has to consider."""
    table = drug_table()
    allergies = tuple(each for each in patient.allergies.all() if each.is_active)
    current_drugs = tuple(each for each in patient.current_drugs.all() if each.is_active)
    conditions = tuple(each for each in patient.conditions.all() if each.is_active)
    is_pregnant = patient.pregnancy_now == Patient.Pregnancy.YES or any(
        table.is_pregnancy(each.name, each.icd10) for each in conditions
    )
    return Precautions(
        allergies=allergies,
        current_drugs=current_drugs,
        conditions=conditions,
        may_be_pregnant=patient.may_be_pregnant or is_pregnant,
        is_pregnancy_suspected=is_pregnant or patient.pregnancy_now == Patient.Pregnancy.POSSIBLE,
        is_pregnant=is_pregnant,
        asked=Asked(
            allergies=bool(allergies) or patient.has_no_known_allergies,
            current_drugs=bool(current_drugs) or patient.takes_no_drugs,
            pregnancy=is_pregnant
            or bool(patient.pregnancy_now)
            or not patient.is_pregnancy_to_be_asked,
        ),
    )


def written_in(line: PrescriptionLine) -> Written:
    """Return what a line says about its drug."""
    return Written(**{each.name: getattr(line, each.name) for each in fields(Written)})


def check_drugs(lines: Iterable[Written], precautions: Precautions) -> Findings:
    """Look up every drug and return the warnings, without changing anything."""
    table = drug_table()
    read = [(line, table.read_drug(line)) for line in lines if line.drug.strip()]
    taken = [
        (current, table.read_drug(Written(current.drug, dose=current.dose)))
        for current in precautions.current_drugs
    ]
    drugs = _all_drugs([each for _line, each in read])
    warnings = [
        *_allergies(drugs, precautions.allergies, table),
        *_among_lines(drugs, table),
        *_with_current(drugs, _all_drugs([each for _current, each in taken]), table),
        *_pregnancies(drugs, precautions),
    ]
    allergies = [(each, table.read_allergy(each.substance)) for each in precautions.allergies]
    has_pregnancy_rule = any(drug.pregnancy for drug in drugs)
    return Findings(
        warnings=tuple({warning.key: warning for warning in warnings}.values()),
        by_hand=tuple(
            checks_by_hand(
                read,
                taken,
                allergies,
                _mentioned(precautions, taken, allergies, table),
                precautions.asked,
                has_pregnancy_rule,
            )
        ),
        # Unread forms and routes are listed for checks by hand; the drug itself is in the table.
        read_lines=tuple(each.is_named for _line, each in read),
    )


def _mentioned(
    precautions: Precautions,
    taken: Sequence[tuple[CurrentDrug, ReadDrugs]],
    allergies: Sequence[tuple[Allergy, ReadAllergy]],
    table: DrugTable,
) -> list[Mentioned]:
    """Return drugs named only in reactions and conditions, without an entry of their own."""
    allergic_to = frozenset().union(*(read.terms for _each, read in allergies))
    used = {term for _each, read in taken for drug in read.drugs for term in drug.terms}
    return [
        *(
            Mentioned("reaction", each.substance, words)
            for each, read in allergies
            if (words := table.unread_in_reaction(each.reaction, allergic_to))
        ),
        *(
            Mentioned("condition", each.name, words)
            for each in precautions.conditions
            if (words := table.drugs_in_condition(each.name, allergic_to | used))
        ),
    ]


def _all_drugs(read: Sequence[ReadDrugs]) -> list[Drug]:
    """Return the drugs of the lines, and those in their notes that are not in another line."""
    drugs = [drug for each in read for drug in each.drugs]
    lines = {drug.ingredients for drug in drugs}
    noted = {drug.ingredients: drug for each in read for drug in each.noted}
    return [*drugs, *(drug for key, drug in noted.items() if key not in lines)]


def _warning(kind: WarningOverride.Kind, words: str, *about: str) -> DrugWarning:
    return DrugWarning(kind, words, fingerprint([kind, *about]))


def _allergies(
    drugs: Iterable[Drug], allergies: Sequence[Allergy], table: DrugTable
) -> Iterable[DrugWarning]:
    for allergy in allergies:
        named = table.read_allergy(allergy.substance).terms
        # Terms that an earlier version of the table read still count while the table has them.
        named |= table.read_allergy(allergy.code).terms
        for drug in drugs:
            words = _allergy_in_words(drug, named, table)
            if words:
                said = _("%(what)s Recorded allergy: %(allergy)s.") % {
                    "what": words,
                    "allergy": allergy,
                }
                about = [allergy.substance.lower(), allergy.reaction, allergy.severity]
                yield _warning(Kind.ALLERGY, said, drug.name, *about)


def _allergy_in_words(drug: Drug, named: frozenset[str], table: DrugTable) -> str:
    """Return why the drug is dangerous with the named allergy, or nothing if it is not."""
    if contained := named & drug.contents:
        return _("%(drug)s contains %(term)s.") % {
            "drug": drug.label,
            "term": _in_words(contained, table),
        }
    related = named.union(*(table.classes_of(term) for term in named))
    if shared := (related & set(drug.classes)) | (named & set(drug.groups)):
        return _("%(drug)s belongs to the %(term)s.") % {
            "drug": drug.label,
            "term": _in_words(shared, table),
        }
    if effects := table.cross_effects(related, drug):
        return f"{drug.label}: {' '.join(effects)}"
    return ""


def _in_words(terms: Iterable[str], table: DrugTable) -> str:
    return listed(sorted(table.label_of(term) for term in terms))


def _among_lines(drugs: Sequence[Drug], table: DrugTable) -> Iterable[DrugWarning]:
    for one, other in combinations(drugs, 2):
        pair = sorted([one.name, other.name])
        if shared := set(one.ingredients) & set(other.ingredients):
            words = _("%(term)s is prescribed twice: in %(one)s and in %(other)s.")
            term = _in_words(shared, table)
            values = {"term": term, "one": one.label, "other": other.label}
            yield _warning(Kind.DUPLICATE, words % values, *pair)
        if twice := table.class_of_both(one, other):
            words = _("%(one)s and %(other)s both belong to the %(term)s: %(effect)s")
            values = {"one": one.label, "other": other.label, "effect": twice.effect}
            said = words % (values | {"term": table.label_of(twice.term)})
            yield _warning(Kind.DUPLICATE, said, *pair)
        if effects := table.effects_between(one, other):
            words = _("%(one)s with %(other)s: %(effects)s")
            values = {"one": one.label, "other": other.label, "effects": " ".join(effects)}
            yield _warning(Kind.INTERACTION, words % values, *pair)


def _with_current(
    drugs: Iterable[Drug], taken_drugs: Iterable[Drug], table: DrugTable
) -> Iterable[DrugWarning]:
    for taken in taken_drugs:
        for drug in drugs:
            values = {"drug": drug.label, "taken": taken.label}
            if shared := set(drug.ingredients) & set(taken.ingredients):
                words = _("%(term)s is in %(drug)s and in what the patient takes: %(taken)s.")
                said = words % (values | {"term": _in_words(shared, table)})
                yield _warning(Kind.DUPLICATE, said, drug.name, "current", taken.name)
            if twice := table.class_of_both(drug, taken):
                words = _(
                    "%(drug)s and %(taken)s, which the patient takes, "
                    "both belong to the %(term)s: %(effect)s"
                )
                term = table.label_of(twice.term)
                said = words % (values | {"term": term, "effect": twice.effect})
                yield _warning(Kind.DUPLICATE, said, drug.name, "current", taken.name)
            if effects := table.effects_between(drug, taken):
                words = _("%(drug)s with %(taken)s, which the patient takes: %(effects)s")
                said = words % (values | {"effects": " ".join(effects)})
                yield _warning(Kind.INTERACTION, said, drug.name, "current", taken.name)


def _pregnancies(drugs: Iterable[Drug], precautions: Precautions) -> Iterable[DrugWarning]:
    if not precautions.may_be_pregnant:
        return
    for drug in drugs:
        is_to_wait = drug.is_harm_once_known and not precautions.is_pregnancy_suspected
        if drug.pregnancy is None or is_to_wait:
            continue
        values = {"drug": drug.label, "effect": drug.pregnancy}
        if precautions.is_pregnant:
            said = _("The patient is pregnant. %(drug)s in pregnancy: %(effect)s") % values
            yield _warning(Kind.PREGNANCY, said, drug.name, "known")
        else:
            said = _("%(drug)s in pregnancy: %(effect)s") % values
            yield _warning(Kind.PREGNANCY, said, drug.name)


def check_prescription(consultation: Consultation) -> Findings:
    """Check the lines that are stored."""
    lines = PrescriptionLine.objects.filter(prescription__consultation=consultation)
    return check_drugs(map(written_in, lines), precautions_of(consultation.patient))


@transaction.atomic
def override_warning(
    *, consultation: Consultation, actor: User, key: str, reason: str
) -> WarningOverride:
    """Store why the doctor prescribes despite a warning; a new reason replaces the old one."""
    visit = lock_open_visit(consultation)
    standing = {warning.key: warning for warning in check_prescription(visit).warnings}
    if key not in standing:
        raise ValidationError(
            _("This warning no longer applies: the prescription or the facts have changed.")
        )
    if not reason.strip():
        raise ValidationError(_("Say in a few words why it is prescribed anyway."))
    return _keep_answer(visit, actor, standing[key], reason.strip())


@transaction.atomic
def confirm_hand_checks(
    *, consultation: Consultation, actor: User, keys: Iterable[str]
) -> list[WarningOverride]:
    """Store that the doctor checked by hand what the table could not read or nobody asked."""
    visit = lock_open_visit(consultation)
    standing = {each.key: each for each in check_prescription(visit).by_hand}
    ticked = list(dict.fromkeys(keys))
    if not ticked:
        raise ValidationError(_("Select what you have checked."))
    if not standing.keys() >= set(ticked):
        raise ValidationError(
            _("The prescription or the facts have changed. Read the list again, then tick it.")
        )
    return [_keep_answer(visit, actor, standing[key], "") for key in ticked]


def _keep_answer(
    visit: Consultation, actor: User, warning: DrugWarning, reason: str
) -> WarningOverride:
    override, _created = WarningOverride.objects.update_or_create(
        prescription=Prescription.objects.get(consultation=visit),
        key=warning.key,
        defaults={
            "kind": warning.kind,
            "words": warning.words,
            "reason": reason,
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
    """Refuse a draft with a warning that nobody answered; otherwise freeze what was checked."""
    findings = check_prescription(draft.consultation)
    settled = set(draft.overrides.values_list("key", flat=True))
    words = {
        _("Say next to the prescription why it is given anyway. %(warnings)s"): findings.warnings,
        _("Check by hand, next to the prescription: %(warnings)s"): findings.by_hand,
    }
    refusals = [
        ValidationError(said, params={"warnings": " ".join(each.words for each in still_open)})
        for said, found in words.items()
        if (still_open := [each for each in found if each.key not in settled])
    ]
    if refusals:
        raise ValidationError(refusals)
    keys = {each.key for each in (*findings.warnings, *findings.by_hand)}
    draft.overrides.exclude(key__in=keys).delete()
    lines = [line for line in draft.lines.all() if line.drug.strip()]
    known = [line.pk for line, is_read in zip(lines, findings.read_lines, strict=True) if is_read]
    draft.lines.filter(pk__in=known).update(is_in_table=True)
    draft.drug_table_version = drug_table().version
