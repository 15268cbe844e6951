"""A visit lists its diagnoses in one place, and a line of a prescription can name one."""

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from clinic.models import PrescriptionLine
from clinic.records.services.prescriptions import DraftLine, save_prescription
from diagnosis.models import Disease
from diagnosis.reviews.services.diagnoses import add_diagnosis, change_diagnosis, withdraw_diagnosis
from diagnosis.reviews.services.reviews import Diagnosis, review_prediction
from tests.diagnosis.reviews.open_photographs import report
from tests.full_visit import check_by_hand
from tests.papers import text_of

LINE = DraftLine(
    drug="Calcipotriol", dose="thin", frequency="daily", duration="a week", indication="Melanoma"
)


@pytest.fixture
def client(sign_in, doctor):
    return sign_in(doctor)


def listed(response):
    page = BeautifulSoup(response.content, "html.parser").select_one("#visit-diagnoses")
    return " ".join(page.get_text(" ").split()), page


def test_a_visit_lists_lesion_disease_certainty_share_and_state_in_one_place(
    client, doctor, consultation, answer_with
):
    prediction = answer_with(mel=0.8, nv=0.2, malignant_threshold=0.3)
    address = reverse("diagnosis:visit", args=[consultation.pk])
    assert (
        "Lesion 1 No diagnosis yet To review · malignant share 80.0 %"
        in (listed(client.get(address))[0])
    )
    said = {"decision": "confirmed", "certainty": "certain"}
    review = reverse("diagnosis:prediction_review", args=[prediction.pk])

    words, page = listed(client.post(review, said, headers={"HX-Request": "true"}))

    assert "Lesion 1 Melanoma, certain Diagnosed · malignant share 80.0 %" in words
    assert page["hx-swap-oob"] == "true"
    assert page.select_one("#diagnosis-names option")["value"] == "Melanoma"
    assert words == listed(client.get(address))[0]


def test_the_share_is_rounded_as_on_the_answer(client, consultation, answer_with):
    answer_with(mel=0.48059, nv=0.51941, malignant_threshold=0.3)
    response = client.get(reverse("diagnosis:visit", args=[consultation.pk]))
    assert "malignant share 48.1 %" in listed(response)[0]
    assert "Malignant share 48.1 %, threshold" in response.content.decode()


def test_the_answer_of_a_photograph_that_is_not_on_show_changes_the_list_and_the_warnings(
    client, consultation, answer_with
):
    answer_with(mel=0.8, nv=0.2, malignant_threshold=0.3)
    response = client.get(reverse("diagnosis:visit_thumbnails", args=[consultation.pk]))
    assert "malignant share 80.0 %" in listed(response)[0]
    page = BeautifulSoup(response.content, "html.parser")
    warnings = page.select_one("#visit-sign-warnings[hx-swap-oob]")
    assert "Malignant disease cannot be ruled out" in warnings.text


def test_a_line_names_its_diagnosis_for_doctors_and_for_nobody_else(
    client, sign_in, doctor, patient, consultation, answer_with, sign
):
    prediction = answer_with(mel=0.8, nv=0.2, malignant_threshold=0.3)
    review_prediction(
        prediction=prediction, actor=doctor, decision="confirmed", diagnosis=Diagnosis()
    )
    save_prescription(consultation=consultation, actor=doctor, lines=[LINE])
    check_by_hand(consultation, doctor)
    assert PrescriptionLine.objects.get().indication == "Melanoma"
    address = reverse("diagnosis:visit", args=[consultation.pk])
    form = BeautifulSoup(client.get(address).content, "html.parser")
    assert form.select_one("[name=lines-0-indication]")["value"] == "Melanoma"
    sign(consultation)

    assert "For: Melanoma" in " ".join(client.get(address).content.decode().split())
    assert "For: Melanoma" in report(client, consultation)
    mine = sign_in(patient.user)
    letter = mine.get(reverse("diagnosis:my_visit", args=[consultation.pk])).content.decode()
    paper = reverse(
        "clinic:prescription_pdf", args=[PrescriptionLine.objects.get().prescription_id]
    )
    assert "Calcipotriol" in letter
    for said in (letter, report(mine, consultation), text_of(mine.get(paper))):
        assert "Melanoma" not in said


NO_LONGER = "is no longer a diagnosis of this visit"


def before_signing(client, visit):
    address = reverse("clinic:visit_sign", args=[visit.pk])
    return client.get(address, headers={"HX-Request": "true"}).content.decode()


def diagnosed(code):
    return Diagnosis(disease=Disease.objects.get(code=code))


def for_this(consultation, doctor, diagnosis):
    save_prescription(
        consultation=consultation, actor=doctor, lines=[replace(LINE, indication=diagnosis)]
    )


def test_a_line_for_a_diagnosis_that_was_withdrawn_is_named_before_signing(
    client, doctor, consultation
):
    stored = add_diagnosis(
        consultation=consultation, actor=doctor, diagnosis=diagnosed("psoriasis")
    )
    for_this(consultation, doctor, "psoriasis")
    assert NO_LONGER not in before_signing(client, consultation)

    withdraw_diagnosis(stored=stored, actor=doctor)

    assert f"Calcipotriol is for “psoriasis”, which {NO_LONGER}." in before_signing(
        client, consultation
    )


def test_a_line_for_a_diagnosis_that_was_changed_is_named_before_signing(
    client, doctor, consultation
):
    stored = add_diagnosis(consultation=consultation, actor=doctor, diagnosis=diagnosed("eczema"))
    for_this(consultation, doctor, str(stored.disease))
    changed = change_diagnosis(stored=stored, actor=doctor, diagnosis=diagnosed("psoriasis"))
    assert NO_LONGER in before_signing(client, consultation)

    change_diagnosis(stored=changed, actor=doctor, diagnosis=diagnosed("eczema"))

    assert NO_LONGER not in before_signing(client, consultation)


def test_a_line_for_an_answer_that_was_corrected_is_named_before_signing(
    client, doctor, consultation, answer_with
):
    prediction = answer_with(mel=0.8, nv=0.2, malignant_threshold=0.3)
    review_prediction(prediction=prediction, actor=doctor, decision="confirmed")
    for_this(consultation, doctor, "Melanoma")
    assert NO_LONGER not in before_signing(client, consultation)

    review_prediction(
        prediction=prediction,
        actor=doctor,
        decision="corrected",
        diagnosis=diagnosed("nv"),
        reason="Looked again.",
    )

    assert NO_LONGER in before_signing(client, consultation)


def test_a_reason_in_own_words_is_never_called_outdated(client, doctor, consultation):
    for_this(consultation, doctor, "itching at night")
    assert NO_LONGER not in before_signing(client, consultation)
