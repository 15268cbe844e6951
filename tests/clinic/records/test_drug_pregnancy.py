"""For which patients a drug that is harmful in pregnancy warns."""

from datetime import date

import pytest
from django.utils import timezone

from clinic.models import (
    Patient,
)
from tests.clinic.records.drug_findings import kinds_for, warnings_for


@pytest.mark.django_db
def test_a_known_pregnancy_warns_at_every_age(patient):
    patient.sex = Patient.Sex.FEMALE
    patient.birth_date = date(timezone.localdate().year - 57, 1, 1)
    patient.save()
    assert warnings_for(patient, "Isotretinoin") == []
    patient.pregnancy, patient.pregnancy_asked_on = "yes", timezone.localdate()
    patient.save()
    assert "The patient is pregnant." in warnings_for(patient, "Isotretinoin")[0]


@pytest.mark.parametrize(
    ("answer", "kinds"), [("no", []), ("possible", ["pregnancy"]), ("yes", ["pregnancy"])]
)
@pytest.mark.django_db
def test_what_harms_a_known_pregnancy_warns_of_that_alone(answer, kinds, patient):
    patient.sex = Patient.Sex.FEMALE
    patient.pregnancy, patient.pregnancy_asked_on = answer, timezone.localdate()
    patient.save()
    assert kinds_for(patient, "Ibuprofen") == kinds


@pytest.mark.parametrize("condition", ["Pregnant, 20 weeks", "Grossesse", "حامل"])
@pytest.mark.django_db
def test_a_pregnancy_among_the_conditions_counts(condition, man):
    man.conditions.create(name=condition)
    assert kinds_for(man, "Isotretinoin") == ["pregnancy"]


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
