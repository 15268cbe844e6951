import pytest
from django.urls import reverse

from clinic.models import AuditEvent
from clinic.records.services.prescriptions import DraftLine, save_prescription
from diagnosis.models import Disease
from diagnosis.reviews.services.releases import note_conversation
from diagnosis.reviews.services.reviews import Diagnosis, review_prediction
from tests.full_visit import check_by_hand


def letter(client, consultation):
    return client.get(reverse("diagnosis:my_visit", args=[consultation.pk]))


def test_an_unsigned_visit_is_not_there_for_the_patient(mine, consultation, prediction):
    assert letter(mine, consultation).status_code == 404
    assert "Nothing here yet" in mine.get(reverse("diagnosis:my_record")).content.decode()


def test_a_signed_visit_says_what_the_doctor_decided_and_not_what_the_model_thought(
    mine, doctor, consultation, prediction, sign
):
    scc = Disease.objects.get(code="scc")
    review = review_prediction(
        prediction=prediction,
        actor=doctor,
        decision="corrected",
        diagnosis=Diagnosis(disease=scc),
        reason="Keratin.",
    )
    note_conversation(diagnosis=review, actor=doctor)
    sign(consultation)
    page = letter(mine, consultation).content.decode()
    assert scc.name in page
    assert scc.plain_words in page
    assert "Nothing to fear." in page
    predicted = Disease.objects.get(model_class=prediction.label)
    assert predicted.name not in page
    assert "Keratin." not in page
    assert "%" not in page
    assert "Seen." not in page


def test_what_no_doctor_has_validated_is_not_shown(mine, consultation, prediction, image, sign):
    sign(consultation)
    page = letter(mine, consultation).content.decode()
    assert Disease.objects.get(model_class=prediction.label).name not in page
    assert str(image.pk) not in page


@pytest.mark.parametrize("decision", ["not_assessable", "referred"])
def test_a_decision_without_a_diagnosis_shows_no_photograph(
    decision, mine, doctor, consultation, prediction, image, sign
):
    review_prediction(prediction=prediction, actor=doctor, decision=decision)
    sign(consultation)
    assert str(image.pk) not in letter(mine, consultation).content.decode()


def test_the_newest_review_is_the_diagnosis(mine, doctor, consultation, prediction, image, sign):
    review_prediction(prediction=prediction, actor=doctor, decision="confirmed")
    review_prediction(prediction=prediction, actor=doctor, decision="not_assessable")
    sign(consultation)
    assert str(image.pk) not in letter(mine, consultation).content.decode()


def test_nobody_else_finds_the_letter(
    sign_in, other_patient, doctor, secretary, admin, consultation, sign
):
    sign(consultation)
    assert letter(sign_in(other_patient.user), consultation).status_code == 404
    for staff in (doctor, secretary, admin):
        assert letter(sign_in(staff), consultation).status_code == 403


def test_reading_the_own_record_is_in_the_trail(mine, patient, consultation, sign):
    sign(consultation)
    letter(mine, consultation)
    event = AuditEvent.objects.filter(verb="view", actor=patient.user).latest("pk")
    assert (event.patient, event.target_id) == (patient, str(consultation.pk))


def test_a_patient_does_not_read_what_the_drug_table_could_not_check(
    mine, doctor, consultation, sign
):
    line = DraftLine(drug="Moon water", dose="a sip", frequency="daily", duration="a week")
    save_prescription(consultation=consultation, actor=doctor, lines=[line])
    check_by_hand(consultation, doctor)
    sign(consultation)
    page = letter(mine, consultation).content.decode()
    assert "Moon water" in page
    assert "drug table" not in page
