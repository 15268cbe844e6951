"""Contexts for the parts of the visit page with facts and drugs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Prefetch, prefetch_related_objects
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.people.models.patient import Patient
from clinic.records.allergy_bar import allergy_bar_of
from clinic.records.drugs.rows import Written
from clinic.records.drugs.table import drug_table
from clinic.records.forms.facts import (
    AllergyForm,
    ClinicalFactsForm,
    ConditionForm,
    CurrentDrugForm,
    EndFactForm,
)
from clinic.records.forms.prescriptions import OverrideForm
from clinic.records.models.facts import Allergy, Condition, CurrentDrug
from clinic.records.models.prescription import Prescription, WarningOverride
from clinic.records.services.drug_warnings import check_drugs, precautions_of, written_in
from clinic.records.services.facts import facts_fingerprint
from clinic.records.services.hand_checks import DrugWarning

FactModel = type[Allergy] | type[Condition] | type[CurrentDrug]


@dataclass(frozen=True)
class FactKind:
    """One of the lists of facts: its rows, the form for a new one, and its words.

    `none_known` names the patient's field that says that somebody asked and there is none.
    """

    model: FactModel
    form: type[forms.BaseForm]
    none_known: str
    heading: str | Promise
    add: str | Promise
    none: str | Promise
    not_asked: str | Promise


FACT_KINDS = {
    "allergy": FactKind(
        Allergy,
        AllergyForm,
        "has_no_known_allergies",
        _("Allergies"),
        _("Add an allergy"),
        _("No known allergies"),
        _("Allergies not asked yet"),
    ),
    "condition": FactKind(
        Condition,
        ConditionForm,
        "has_no_known_conditions",
        _("Conditions"),
        _("Add a condition"),
        _("No known conditions"),
        _("Conditions not asked yet"),
    ),
    "drug": FactKind(
        CurrentDrug,
        CurrentDrugForm,
        "takes_no_drugs",
        _("Current drugs"),
        _("Add a drug that the patient takes"),
        _("Takes no drugs"),
        _("Current drugs not asked yet"),
    ),
}


@dataclass(frozen=True)
class FactGroup:
    """The facts of one kind: the active ones, the ended ones, and the form for another."""

    name: str
    kind: FactKind
    is_none_known: bool
    active: list[Allergy | Condition | CurrentDrug]
    past: list[Allergy | Condition | CurrentDrug]
    form: forms.BaseForm


@dataclass(frozen=True)
class WarningState:
    """A warning, the reason why it was overridden, if any, and the form for it."""

    warning: DrugWarning
    override: WarningOverride | None
    form: OverrideForm | None


def read_facts(patient: Patient) -> None:
    """Read the lists of facts once for all parts that show them."""
    prefetch_related_objects(
        [patient],
        Prefetch("allergies", Allergy.objects.select_related("ended_by")),
        Prefetch("conditions", Condition.objects.select_related("ended_by")),
        Prefetch("current_drugs", CurrentDrug.objects.select_related("ended_by")),
    )


def fact_groups(
    patient: Patient, bound: dict[str, forms.BaseForm] | None = None
) -> list[FactGroup]:
    """Return the three lists of facts, with a refused form if there is one."""
    rows: dict[str, Iterable[Any]] = {
        "allergy": patient.allergies.all(),
        "condition": patient.conditions.all(),
        "drug": patient.current_drugs.all(),
    }
    return [
        FactGroup(
            name=name,
            kind=kind,
            is_none_known=getattr(patient, kind.none_known),
            active=[each for each in rows[name] if each.is_active],
            past=[each for each in rows[name] if not each.is_active],
            form=(bound or {}).get(name) or kind.form(auto_id=f"{name}_%s"),
        )
        for name, kind in FACT_KINDS.items()
    ]


def facts_context(patient: Patient) -> dict[str, Any]:
    """Return the context of the card with a patient's facts, and its forms."""
    read_facts(patient)
    groups = fact_groups(patient)
    return {
        "allergy_bar": allergy_bar_of(patient),
        "fact_groups": groups,
        "facts_form": ClinicalFactsForm(instance=patient),
        "facts_seen": facts_fingerprint(patient),
        "end_form": EndFactForm(auto_id=False),
        "drug_table": drug_table(),
    }


def warnings_context(
    patient: Patient,
    prescription: Prescription | None,
    *,
    typed: Iterable[Written] | None = None,
    refused: OverrideForm | None = None,
) -> dict[str, Any]:
    """Return the table's warnings for the typed drugs, or else for the stored ones.

    A warning can be answered only once the line that it is about is stored.
    """
    lines = prescription.lines.all() if prescription else ()
    precautions = precautions_of(patient)
    stored = check_drugs([written_in(line) for line in lines], precautions)
    findings = stored if typed is None else check_drugs(typed, precautions)
    given = prescription.overrides.select_related("overridden_by") if prescription else ()
    overrides = {override.key: override for override in given}
    can_override = {warning.key for warning in stored.warnings}
    states = []
    for warning in findings.warnings:
        form = refused if refused and refused["key"].value() == warning.key else None
        if form is None and warning.key in can_override:
            form = override_form(warning.key, overrides.get(warning.key))
        states.append(WarningState(warning, overrides.get(warning.key), form))
    still_open = [check for check in findings.by_hand if check.key not in overrides]
    can_tick = {check.key for check in stored.by_hand}
    return {
        "drug_warnings": states,
        "hand_checks": [overrides[each.key] for each in findings.by_hand if each.key in overrides],
        "open_hand_checks": still_open,
        "can_tick": can_tick.issuperset(each.key for each in still_open),
        "drug_table": drug_table(),
    }


def override_form(key: str, override: WarningOverride | None) -> OverrideForm:
    """Return the form for the reason, filled in with the previous one."""
    initial = {"key": key, "reason": override.reason if override else ""}
    return OverrideForm(initial=initial, auto_id=f"override_{key}_%s")
