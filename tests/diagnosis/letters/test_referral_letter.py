"""Letters to colleagues, and the visit report with the photographs that the doctor chose."""

import io

import pytest
from django.urls import reverse
from pypdf import PdfReader

from clinic.models import AuditEvent, Consultation, IssuedDocument
from diagnosis.lesions.services.photographs import upload_image
from diagnosis.models import Disease, ReferralLetter
from diagnosis.reviews.services.reviews import Diagnosis, review_prediction
from tests import photographs
from tests.factories import ConsultationFactory
from tests.papers import address_on, text_of


@pytest.fixture
def validated(prediction, answer_with, doctor):
    """Return an answer that the doctor has confirmed."""
    answer_with(mel=0.6, nv=0.3, bkl=0.1)
    review_prediction(prediction=prediction, actor=doctor, decision="confirmed")
    return prediction


@pytest.fixture
def signed(consultation, sign):
    return lambda: sign(consultation)


def url(visit, view="visit_letters"):
    return reverse(f"diagnosis:{view}", args=[visit.pk])


def write(client, visit, **said):
    form = {
        "addressee": "Professor Ott\r\nSurgery, Hill Street 4",
        "question": "May this be removed?",
        "text": "A dark spot.\r\n\r\n#read(\"x\") *as it is*",
    } | said  # fmt: skip
    return client.post(url(visit), form)


def printed(client):
    return client.get(url(ReferralLetter.objects.latest("written_at"), "referral_letter"))


def pictures_in(response):
    reader = PdfReader(io.BytesIO(response.content))
    return sum(len(page.images) for page in reader.pages)


def test_the_letter_begins_with_diagnosis_and_notes_and_not_with_words_for_the_patient(
    his, validated, signed
):
    visit = signed()
    Consultation.objects.filter(pk=visit.pk).update(assessment="In situ?", plan="Excision.")
    page = his.get(url(visit))
    text = page.context["form"].initial["text"]
    assert text == "Diagnosis: Melanoma (ICD-10 C43).\n\nIn situ?\n\nExcision."
    assert text.replace("\n\n", "") in page.content.decode().replace("\n\n", "")


def test_the_letter_says_who_asks_whom_what_about_whom(his, consultation, signed, patient):
    visit = signed()
    assert write(his, visit).status_code == 302
    text = text_of(printed(his))
    for words in (
        "Referral letter", "To Professor Ott Surgery, Hill Street 4", "Dr Dora Doctor",
        patient.full_name, "17 May 1980", "Question May this be removed?",
        'Findings A dark spot. #read("x") *as it is*', "Page 1 of 1",
    ):  # fmt: skip
        assert words in text
    assert "Photographs" not in text
    assert "Seen." not in text


def test_the_same_letter_sent_twice_is_kept_once(his, consultation, signed):
    visit = signed()
    for _click in range(3):
        assert write(his, visit).status_code == 302
    assert ReferralLetter.objects.count() == 1
    assert IssuedDocument.objects.count() == 1
    write(his, visit, question="And this one?")
    assert ReferralLetter.objects.count() == 2


def test_chosen_photographs_are_on_the_letter_and_others_are_not(
    his, consultation, doctor, image, signed
):
    upload_image(consultation=consultation, data=photographs.jpeg(seed=9), actor=doctor)
    visit = signed()
    write(his, visit, images=[image.pk])
    response = printed(his)
    assert pictures_in(response) == 1
    assert "Photographs Lesion 1" in text_of(response)


def test_what_the_model_said_is_on_it_only_where_it_is_ticked_and_validated(his, validated, signed):
    visit = signed()
    ticked = {"images": [validated.image_id], "has_model_answer": "on"}
    write(his, visit, images=ticked["images"])
    assert "%" not in text_of(printed(his))
    write(his, visit, **ticked)
    text = text_of(printed(his))
    assert "Second opinion of the model" in text
    assert "Melanoma 60 %, Melanocytic nevus 30 %" in text
    assert "The doctor’s diagnosis: Melanoma." in text


def test_a_share_keeps_its_sign_and_nothing_of_no_percent_is_named(
    his, prediction, answer_with, doctor, signed
):
    answer_with(nv=0.996, bkl=0.003, mel=0.001)
    review_prediction(prediction=prediction, actor=doctor, decision="confirmed")
    write(his, signed(), images=[prediction.image_id], has_model_answer="on")
    [answer] = ReferralLetter.objects.get().model_answers
    assert "gave Melanocytic nevus 100\u00a0%." in answer


def test_an_answer_that_nobody_has_validated_stays_out_though_it_is_ticked(his, prediction, signed):
    visit = signed()
    write(his, visit, images=[prediction.image_id], has_model_answer="on")
    text = text_of(printed(his))
    assert "%" not in text
    assert "Second opinion" not in text


def test_a_validated_answer_of_a_photograph_that_was_not_chosen_stays_out(his, validated, signed):
    write(his, signed(), has_model_answer="on")
    assert "%" not in text_of(printed(his))


def test_a_corrected_answer_stands_beside_the_doctors_word(
    his, doctor, prediction, answer_with, signed
):
    answer_with(mel=0.6, nv=0.3, bkl=0.1)
    scc = Disease.objects.get(code="scc")
    review_prediction(
        prediction=prediction,
        actor=doctor,
        decision="corrected",
        diagnosis=Diagnosis(disease=scc),
        reason="Keratin.",
    )
    write(his, signed(), images=[prediction.image_id], has_model_answer="on")
    text = text_of(printed(his))
    assert "The doctor’s diagnosis: Squamous cell carcinoma." in text
    assert "Keratin" not in text


def test_each_letter_has_a_token_of_its_own_and_keeps_it(his, consultation, signed, client):
    visit = signed()
    write(his, visit)
    first = address_on(printed(his))
    assert address_on(printed(his)) == first
    write(his, visit, question="And this one?")
    assert address_on(printed(his)) != first
    assert IssuedDocument.objects.filter(kind="referral_letter").count() == 2
    assert "Valid" in client.get(first).content.decode()


def test_a_refused_letter_keeps_what_was_typed(his, consultation, signed):
    response = write(his, signed(), question="")
    assert response.status_code == 422
    assert "A dark spot." in response.content.decode()
    assert not ReferralLetter.objects.exists()
    assert not IssuedDocument.objects.exists()


def test_a_photograph_of_another_visit_is_no_choice(
    his, image, consultation, signed, other_doctor, other_patient
):
    other = ConsultationFactory(
        appointment__doctor=other_doctor.doctor, appointment__patient=other_patient
    )
    foreign = upload_image(consultation=other, data=photographs.jpeg(seed=8), actor=other_doctor)
    assert write(his, signed(), images=[foreign.pk]).status_code == 422


def test_more_photographs_than_a_paper_holds_are_refused(his, consultation, doctor, signed):
    images = [
        upload_image(
            consultation=consultation, data=photographs.jpeg(seed=seed, size=(96, 72)), actor=doctor
        )
        for seed in range(7)
    ]
    response = write(his, signed(), images=[image.pk for image in images])
    assert response.status_code == 422
    assert "Choose at most 6 photographs." in response.content.decode()


def test_letters_follow_the_signature(his, consultation):
    assert his.get(url(consultation)).status_code == 409
    assert write(his, consultation).status_code == 409


def test_strangers_find_no_letter(
    his, consultation, signed, sign_in, other_doctor, secretary, admin, patient
):
    visit = signed()
    write(his, visit)
    letter = ReferralLetter.objects.get()
    for stranger in (other_doctor, secretary, admin, patient.user):
        client = sign_in(stranger)
        assert client.get(url(letter, "referral_letter")).status_code == 404
        assert write(client, visit).status_code == 404


def test_who_opens_the_letters_of_a_visit_is_in_the_trail(his, consultation, signed, doctor):
    signed()
    his.get(url(consultation))
    seen = AuditEvent.objects.filter(verb="view", target_id=str(consultation.pk)).latest("at")
    assert (seen.actor, seen.patient) == (doctor, consultation.patient)


def test_every_print_is_in_the_trail(his, consultation, signed, doctor, patient):
    write(his, signed())
    response = printed(his)
    event = AuditEvent.objects.get(verb="download")
    assert (event.actor, event.patient) == (doctor, patient)
    assert event.detail["kind"] == "referral_letter"
    assert patient.full_name.split()[0].lower() not in response["Content-Disposition"].lower()


def test_the_report_shows_chosen_photographs(his, validated, signed):
    visit = signed()
    chosen = {"report-images": [validated.image_id]}
    response = his.post(url(visit, "visit_report_chosen"), chosen)
    assert pictures_in(response) == 1
    assert "%" not in text_of(response)
    ticked = his.post(url(visit, "visit_report_chosen"), chosen | {"report-has_model_answer": "on"})
    assert "Melanoma 60 %" in text_of(ticked)
    assert pictures_in(his.get(url(visit, "visit_report"))) == 0


def test_the_signed_visit_leads_to_its_letters(his, consultation, signed):
    visit = signed()
    page = his.get(reverse("diagnosis:visit", args=[visit.pk])).content.decode()
    assert f'href="{url(visit)}"' in page


def test_without_photographs_none_are_offered(his, consultation, signed):
    page = his.get(url(signed())).content.decode()
    assert "Include what the model said" not in page
    assert "Visit report with photographs" not in page
    assert write(his, consultation).status_code == 302
    assert his.post(url(consultation, "visit_report_chosen")).status_code == 200


def test_a_photograph_of_the_visit_is_offered(his, validated, signed):
    assert "Include what the model said" in his.get(url(signed())).content.decode()
