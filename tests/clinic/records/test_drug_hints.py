"""Drugs in texts meant for something else are not overlooked."""

import pytest

from clinic.models import Allergy, CurrentDrug, WarningOverride
from clinic.records.drugs.rows import Written
from clinic.records.drugs.table import drug_table
from clinic.records.services.drug_warnings import check_drugs, precautions_of


def by_hand_for(patient, *lines):
    findings = check_drugs(lines, precautions_of(patient))
    return [
        each.words for each in findings.by_hand if each.kind == WarningOverride.Kind.NOT_CHECKED
    ]


@pytest.mark.parametrize(
    ("field", "text", "hint"),
    [
        ("dose", "1 cp + amoxcilline", "amoxcilline"),
        ("dose", "1 cp + zorbamax", "zorbamax"),
        ("dose", "1, zorbamax 200 mg", "zorbamax"),
        ("strength", "10 mg, warfrin", "warfrin"),
        ("form", "tablet + zorbamax", "zorbamax"),
        ("route", "by mouth, then zorbamax 1 g", "zorbamax"),
        ("frequency", "daily after metotroxat", "metotroxat"),
        ("duration", "5 days, puis dupilimab", "dupilimab"),
        ("quantity", "1 box and zorbizumab", "zorbizumab"),
        ("note", "avec le voractinib du matin", "voractinib"),
        ("note", "مع زوربيستاتين", "زوربيستاتين"),
    ],
)
def test_a_word_next_to_a_drug_that_may_be_one_is_found(field, text, hint):
    assert hint in drug_table().read_drug(Written("Cetirizine", **{field: text})).hints


@pytest.mark.parametrize(
    "text",
    [
        "1 comprimé le soir au coucher avec un grand verre d'eau",
        "diminuer progressivement de 5 mg par semaine",
        "contraception obligatoire, contrôle NFS et transaminases",
        "maximum 3 g par jour, ne pas s'exposer au soleil",
        "apply thinly twice a day, wash hands afterwards",
        "taper over two weeks, avoid alcohol, take with food",
        "bilan hépatique et cholestérol dans 1 mois",
        "تجنب الشمس لمدة أسبوعين",
        "pas d'anti-inflammatoires",
    ],
)
def test_advice_is_no_drug(text):
    read = drug_table().read_drug(Written("Cetirizine", dose=text, note=text))
    assert read.hints == ()


@pytest.mark.django_db
def test_what_may_be_a_drug_is_listed_and_has_to_be_ticked(man):
    CurrentDrug.objects.create(patient=man, drug="Paracetamol", dose="stop; now Zorbamax 20 mg")
    said = by_hand_for(man, Written("Cetirizine", note="ou amoxcilline si fièvre"))
    assert said == [
        "Not checked: “amoxcilline” next to “Cetirizine” on the prescription.",
        "Not checked: “zorbamax” next to “Paracetamol”, which the patient takes.",
    ]


@pytest.mark.django_db
def test_a_drug_in_a_reaction_is_listed(man):
    Allergy.objects.create(patient=man, substance="Pollen", reaction="hives, also with Augmentin")
    [said] = by_hand_for(man, Written("Cetirizine"))
    assert "in the reaction to “Pollen”" in said
    Allergy.objects.create(patient=man, substance="Augmentin", reaction="urticaire, Augmentin")
    assert by_hand_for(man, Written("Cetirizine")) == []


@pytest.mark.parametrize(
    "condition", ["AF on warfarin", "HTA sous AVK", "Allergie à la pénicilline", "حساسية البنسلين"]
)
@pytest.mark.django_db
def test_a_drug_in_a_condition_is_listed(condition, man):
    man.conditions.create(name=condition)
    [said] = by_hand_for(man, Written("Cetirizine"))
    assert f"in the condition “{condition}”" in said


@pytest.mark.parametrize(
    "condition", ["Iron deficiency", "Carence en vitamine D", "Psoriasis", "Diabète de type 2"]
)
@pytest.mark.django_db
def test_a_condition_without_a_drug_is_not_listed(condition, man):
    man.conditions.create(name=condition)
    assert by_hand_for(man, Written("Cetirizine")) == []


@pytest.mark.django_db
def test_a_drug_in_a_condition_that_is_noted_as_taken_is_not_listed(man):
    man.conditions.create(name="AF on warfarin")
    CurrentDrug.objects.create(patient=man, drug="Warfarin")
    assert by_hand_for(man, Written("Cetirizine")) == []
