"""Two drugs of one class, of which one is enough."""

import pytest

from clinic.models import Allergy, CurrentDrug
from clinic.records.drugs.rows import Written
from clinic.records.services.drug_warnings import check_drugs, precautions_of
from tests.clinic.records.drug_findings import kinds_for, warnings_for


def duplicates_for(patient, *drugs):
    findings = check_drugs(map(Written, drugs), precautions_of(patient))
    return [each.words for each in findings.warnings if each.kind == "duplicate"]


PAIRS = [
    ("Ibuprofen", "Naproxen", "NSAIDs"),
    ("Prednisone", "Dexamethasone", "corticosteroids"),
    ("Dupilumab", "Omalizumab", "biologics"),
    ("Adalimumab", "Secukinumab", "biologics"),
    ("Simvastatin", "Rosuvastatin", "statins"),
    ("Warfarin", "Apixaban", "anticoagulants"),
    ("Isotretinoin", "Acitretin", "retinoids"),
    ("Upadacitinib", "Baricitinib", "JAK inhibitors"),
    ("Doxycycline", "Lymecycline", "tetracyclines"),
    ("Amoxicillin", "Flucloxacillin", "penicillins"),
    ("Itraconazole", "Fluconazole", "azole antifungals"),
    ("Propranolol", "Bisoprolol", "beta blockers"),
    ("Finasteride", "Dutasteride", "5-alpha-reductase inhibitors"),
    ("Desogestrel", "Diane 35", "hormonal contraceptives"),
    ("Omeprazole", "Pantoprazole", "proton pump inhibitors"),
]


@pytest.mark.django_db
def test_two_drugs_of_one_class_on_a_prescription_are_named(man):
    for first, second, term in PAIRS:
        [said] = duplicates_for(man, first, second)
        assert first in said
        assert f"both belong to the {term}" in said


@pytest.mark.django_db
def test_a_drug_of_the_class_that_the_patient_takes_is_named(man):
    for first, second, term in PAIRS:
        man.current_drugs.all().delete()
        CurrentDrug.objects.create(patient=man, drug=second)
        [said] = duplicates_for(man, first)
        assert "which the patient takes" in said
        assert f"both belong to the {term}" in said


@pytest.mark.django_db
def test_what_is_not_for_the_whole_body_is_no_second_drug_of_its_class(man):
    assert duplicates_for(man, "Clobetasol ointment", "Mometasone cream") == []
    assert duplicates_for(man, "Prednisone", "Clobetasol ointment") == []
    assert duplicates_for(man, "Prednisone", "Budesonide") == []
    assert duplicates_for(man, "Isotretinoin", "Adapalene gel") == []
    assert duplicates_for(man, "Ibuprofen", "Ketoprofen gel") == []


@pytest.mark.django_db
def test_the_same_drug_twice_is_said_once(man):
    [said] = duplicates_for(man, "Simvastatin", "Inegy")
    assert "is prescribed twice" in said


@pytest.mark.django_db
def test_an_allergy_to_a_group_warns_of_its_drugs(man):
    Allergy.objects.create(patient=man, substance="AVK")
    findings = check_drugs([Written("Warfarin")], precautions_of(man))
    assert "vitamin K antagonists" in findings.warnings[0].words
    assert check_drugs([Written("Apixaban")], precautions_of(man)).warnings == ()


@pytest.mark.django_db
def test_the_same_ingredient_twice_is_named(man):
    assert kinds_for(man, "Clobetasol", "Clobetasol") == ["duplicate"]
    said = warnings_for(man, "Calcipotriol and betamethasone", "Betamethasone cream")
    assert said == [
        "betamethasone is prescribed twice: "
        "in Calcipotriol and betamethasone and in Betamethasone cream."
    ]


@pytest.mark.django_db
def test_what_the_patient_takes_already_is_named(man):
    CurrentDrug.objects.create(patient=man, drug="Cetirizine 10 mg")
    assert kinds_for(man, "Cetirizine") == ["duplicate"]
