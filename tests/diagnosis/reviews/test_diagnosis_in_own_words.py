"""A disease that no catalogue has is written in the doctor's words, and read as that everywhere."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from clinic.models import AuditEvent
from clinic.records.services.consultations import sign_visit
from diagnosis.models import Disease, DiseaseStage, Review
from diagnosis.reviews.services.releases import Choice, choose_release
from diagnosis.reviews.services.reviews import Diagnosis, review_prediction

WORDS = "Zebra-striped dermatosis"


def review(client, prediction, **fields):
    said = {"decision": "corrected", "reason": "Stripes.", **fields}
    return client.post(reverse("diagnosis:prediction_review", args=[prediction.pk]), said)


def test_what_no_catalogue_has_is_asked_about_first(sign_in, doctor, prediction):
    client = sign_in(doctor)
    asked = review(client, prediction, disease=WORDS)
    assert asked.status_code == 422
    assert "Save it in these words" in asked.content.decode()
    assert WORDS in asked.content.decode()
    assert not Review.objects.exists()

    assert review(client, prediction, disease=WORDS, own_words="on").status_code == 302
    kept = Review.objects.get()
    assert (kept.disease.code, kept.diagnosis_name, kept.icd10) == ("other", WORDS, "")
    assert WORDS not in str(list(AuditEvent.objects.values()))


def test_a_disease_without_a_name_is_refused(sign_in, doctor, prediction):
    refused = review(sign_in(doctor), prediction, disease="Another disease")
    assert refused.status_code == 422
    with pytest.raises(ValidationError, match="Say which disease it is"):
        review_prediction(
            prediction=prediction,
            actor=doctor,
            decision="corrected",
            diagnosis=Diagnosis(disease=Disease.objects.get(code="other")),
            reason="Stripes.",
        )
    assert not Review.objects.exists()


def test_a_code_of_icd10_is_a_diagnosis(sign_in, doctor, prediction):
    review(sign_in(doctor), prediction, disease="Granuloma annulare – L92.0", own_words="on")
    kept = Review.objects.get()
    assert (kept.diagnosis_name, kept.icd10, kept.own_words) == ("Granuloma annulare", "L92.0", "")


def test_the_patient_reads_the_doctors_words(sign_in, doctor, prediction, patient):
    client = sign_in(doctor)
    review(client, prediction, disease=WORDS, own_words="on")
    choose_release(diagnosis=Review.objects.get(), actor=doctor, choice=Choice(release="at_once"))
    visit = prediction.image.consultation
    visit.notes = "Seen."
    visit.save()
    assert WORDS in client.get(visit.get_absolute_url()).content.decode()
    visit.refresh_from_db()
    sign_visit(consultation=visit, actor=doctor)

    mine = sign_in(patient.user)
    for page in (
        reverse("diagnosis:my_record"),
        reverse("diagnosis:my_visit", args=[visit.pk]),
    ):
        text = mine.get(page).content.decode()
        assert WORDS in text, page
        assert "Another disease" not in text, page


def test_words_that_no_catalogue_knows_wait_for_the_conversation(sign_in, doctor, prediction):
    client = sign_in(doctor)
    review(client, prediction, disease="Merkel cell carcinoma", own_words="on")
    kept = Review.objects.get()
    assert (kept.own_words, kept.release) == ("Merkel cell carcinoma", "after_conversation")
    assert not kept.is_released

    choose_release(diagnosis=kept, actor=doctor, choice=Choice(release="at_once"))
    assert Review.objects.get().is_released


def test_suggestions_are_for_doctors_and_leave_no_trace_in_the_address(sign_in, doctor, secretary):
    find = reverse("diagnosis:disease_find")
    found = sign_in(doctor).post(find, {"disease": "guttate"})
    assert "Guttate psoriasis – L40.4" in found.content.decode()
    assert sign_in(secretary).post(find, {"disease": "guttate"}).status_code == 403
    assert sign_in(doctor).get(find, {"disease": "guttate"}).status_code == 405


def test_only_stages_of_the_chosen_disease_are_offered(sign_in, doctor, prediction):
    nevus, other = Disease.objects.get(code="nv"), Disease.objects.get(code="psoriasis")
    for disease in (nevus, other):
        DiseaseStage.objects.create(disease=disease, name=f"Stage of {disease.code}")
    client = sign_in(doctor)
    visit = client.get(prediction.image.consultation.get_absolute_url()).content.decode()
    assert ("Stage of nv" in visit) is (prediction.label == "nv")
    assert "Stage of psoriasis" not in visit

    find = reverse("diagnosis:disease_find")
    typed = client.post(find, {"disease": "psoriasis"}).content.decode()
    assert "Stage of psoriasis" in typed
    assert "Stage of nv" not in typed
    assert "Stage of" not in client.post(find, {"disease": "psor"}).content.decode()


def test_stages_are_offered_in_the_language_of_the_page(sign_in, doctor, prediction):
    nevus = Disease.objects.get(model_class=prediction.label)
    for disease in (nevus, Disease.objects.get(code="psoriasis")):
        said = {"fr": {"name": f"Stade de {disease.code}"}}
        DiseaseStage.objects.create(disease=disease, name="Own stage", translations=said)
    doctor.language = "fr"
    doctor.save()
    client = sign_in(doctor)
    visit = client.get(prediction.image.consultation.get_absolute_url()).content.decode()
    typed = client.post(reverse("diagnosis:disease_find"), {"disease": "psoriasis"})
    for page, code in ((visit, nevus.code), (typed.content.decode(), "psoriasis")):
        assert f"Stade de {code}" in page
        assert "Own stage" not in page
