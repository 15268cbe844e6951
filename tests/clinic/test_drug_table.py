"""What the local table of drugs knows, and of whom and of what it warns."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from clinic.drugs import drug_table
from clinic.models import (
    Allergy,
    CurrentDrug,
    Patient,
)
from clinic.services.drug_warnings import check_drugs, precautions_of


@pytest.fixture
def man(patient):
    """The patient, who cannot be pregnant."""
    patient.sex = Patient.Sex.MALE
    patient.save()
    return patient


def warnings_for(patient, *drugs):
    return [warning.words for warning in check_drugs(drugs, precautions_of(patient)).warnings]


def kinds_for(patient, *drugs):
    return [warning.kind for warning in check_drugs(drugs, precautions_of(patient)).warnings]


def test_every_rule_of_the_table_speaks_of_a_drug_that_is_in_it():
    table = drug_table()
    terms = {term for drug in table.drugs for term in drug.terms}
    substances = {term for drug in table.drugs for term in drug.substances}
    for rule in table.interactions:
        assert {rule.first, rule.second} <= terms
    for rule in table.cross_reactions:
        assert {rule.first, rule.second} <= substances
    assert {term for _word, term in table.also_called} <= substances
    assert len({drug.name.lower() for drug in table.drugs}) == len(table.drugs) >= 60


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("isotretinoin", "Isotretinoin"),
        ("Isotretinoin 20 mg capsules", "Isotretinoin"),
        ("  ivermectin   cream ", "Ivermectin cream"),
        ("Ivermectin", "Ivermectin"),
        ("Co-trimoxazole", "Trimethoprim and sulfamethoxazole"),
        ("Calcipotriol and betamethasone", "Calcipotriol and betamethasone"),
    ],
)
def test_a_drug_is_found_as_a_doctor_writes_it(written, name):
    assert drug_table().find(written).name == name


@pytest.mark.parametrize("written", ["", "Sunscreen SPF 50+", "Isotretinoinum", "Amoxi"])
def test_a_drug_outside_the_table_is_not_guessed(written):
    assert drug_table().find(written) is None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Isotretinoin", "Doxycycline"),
        ("Lymecycline", "Acitretin"),
        ("Methotrexate", "Trimethoprim"),
        ("Methotrexate", "Co-trimoxazole"),
        ("Ciclosporin", "Simvastatin"),
        ("Azathioprine", "Allopurinol"),
        ("Itraconazole", "Simvastatin"),
    ],
)
@pytest.mark.django_db
def test_drugs_that_do_not_go_together_are_named(first, second, man):
    assert kinds_for(man, first, second) == ["interaction"]
    CurrentDrug.objects.create(patient=man, drug=second)
    assert kinds_for(man, first) == ["interaction"]
    assert "which the patient takes" in warnings_for(man, first)[0]


@pytest.mark.django_db
def test_what_stays_on_the_skin_meets_no_other_drug(man):
    assert warnings_for(man, "Ketoconazole shampoo", "Simvastatin") == []
    assert warnings_for(man, "Tretinoin cream", "Doxycycline") == []


@pytest.mark.parametrize(
    ("allergy", "drug", "words"),
    [
        ("Amoxicillin", "Co-amoxiclav", "contains amoxicillin"),
        ("Penicillin", "Amoxicillin", "belongs to the penicillins"),
        ("Amoxicillin", "Flucloxacillin", "belongs to the penicillins"),
        ("Penicillins", "Cefalexin", "one in fifty"),
        ("Rash after penicillin as a child", "Amoxicillin", "belongs to the penicillins"),
        ("Sulfonamides", "Silver sulfadiazine", "belongs to the sulfonamides"),
        ("sulfamethoxazole", "Silver sulfadiazine", "belongs to the sulfonamides"),
        ("Neomycin", "Neomycin and betamethasone", "contains neomycin"),
    ],
)
@pytest.mark.django_db
def test_an_allergy_warns_by_ingredient_class_and_across_classes(allergy, drug, words, man):
    Allergy.objects.create(
        patient=man, substance=allergy, code=drug_table().code_of(allergy), reaction="hives"
    )
    [said] = warnings_for(man, drug)
    assert words in said
    assert allergy in said
    assert "hives" in said


@pytest.mark.parametrize(
    ("allergy", "drug"),
    [
        ("Clarithromycin", "Itraconazole"),
        ("Latex", "Amoxicillin"),
        ("Ciclosporin", "Methotrexate"),
        ("Cephalosporins", "Doxycycline"),
    ],
)
@pytest.mark.django_db
def test_an_allergy_to_something_else_does_not_warn(allergy, drug, man):
    Allergy.objects.create(patient=man, substance=allergy, code=drug_table().code_of(allergy))
    assert warnings_for(man, drug) == []


@pytest.mark.django_db
def test_an_allergy_that_was_ended_does_not_warn(man, doctor):
    Allergy.objects.create(
        patient=man,
        substance="penicillins",
        code="penicillins",
        ended_at=timezone.now(),
        ended_by=doctor,
        ended_reason="Tested: tolerated",
    )
    assert warnings_for(man, "Amoxicillin") == []


@pytest.mark.django_db
def test_the_same_ingredient_twice_is_named(man):
    assert kinds_for(man, "Clobetasol", "Clobetasol") == ["duplicate"]
    said = warnings_for(man, "Calcipotriol and betamethasone", "Betamethasone")
    assert said == [
        "betamethasone is prescribed twice: in Calcipotriol and betamethasone and in Betamethasone."
    ]


@pytest.mark.django_db
def test_what_the_patient_takes_already_is_named(man):
    CurrentDrug.objects.create(patient=man, drug="Cetirizine 10 mg")
    assert kinds_for(man, "Cetirizine") == ["duplicate"]


@pytest.mark.django_db
def test_a_drug_taken_until_yesterday_is_no_current_one(man):
    yesterday = timezone.localdate() - timedelta(days=1)
    CurrentDrug.objects.create(patient=man, drug="Doxycycline", until=yesterday)
    assert warnings_for(man, "Isotretinoin") == []


@pytest.mark.parametrize(
    ("sex", "age", "is_warned"),
    [
        ("female", 11, False),
        ("female", 12, True),
        ("female", 55, True),
        ("female", 56, False),
        ("male", 30, False),
        ("unknown", 30, True),
    ],
)
@pytest.mark.parametrize("drug", ["Isotretinoin", "Acitretin", "Methotrexate", "Tretinoin cream"])
@pytest.mark.django_db
def test_a_pregnancy_is_thought_of_by_age_unless_the_record_says_male(
    drug, sex, age, is_warned, patient
):
    patient.sex = sex
    patient.birth_date = date(timezone.localdate().year - age, 1, 1)
    assert kinds_for(patient, drug) == (["pregnancy"] if is_warned else [])
