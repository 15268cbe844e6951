"""An answer about somebody whom the model has hardly seen says so."""

from datetime import timedelta

import pytest
from django.utils import timezone

from diagnosis.lesions.models import Lesion

DARK = "The model has hardly seen skin of phototype V or VI"
CHILD = "The model has hardly seen children"


@pytest.mark.parametrize(
    ("phototype", "years", "said"),
    [
        (None, 40, set()),
        (4, 18, set()),
        (5, 40, {DARK}),
        (6, 40, {DARK}),
        (1, 17, {CHILD}),
        (6, 3, {DARK, CHILD}),
    ],
)
def test_the_card_names_the_limits_for_this_patient(
    phototype, years, said, sign_in, doctor, answer_with
):
    prediction = answer_with(nv=0.9, mel=0.1, uncertain_below=0.5)
    patient = prediction.image.lesion.patient
    patient.phototype = phototype
    patient.birth_date = timezone.localdate() - timedelta(days=round(365.25 * years) + 1)
    patient.save()

    visit = prediction.image.consultation
    page = sign_in(doctor).get(visit.get_absolute_url()).content.decode()
    assert {each for each in (DARK, CHILD) if each in page} == said


@pytest.mark.django_db
def test_lesions_with_their_photographs_keep_their_order(patient):
    for number in (3, 1, 2):
        Lesion.objects.create(patient=patient, number=number)
    numbers = Lesion.objects.with_photographs().values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3]
