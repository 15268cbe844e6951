"""Before signing, the doctor reads what is open now; a warning left unread needs a reason."""

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse

from clinic.models import AuditEvent, Consultation
from clinic.records.services.consultations import sign_visit
from clinic.records.services.prescriptions import lines_fingerprint, stored_lines
from diagnosis.reviews.services.releases import note_conversation
from diagnosis.reviews.services.reviews import review_prediction
from tests.full_visit import written_up

WHY = "The histology is on its way."
HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.both_engines


@pytest.fixture
def client(sign_in, doctor):
    return sign_in(doctor)


@pytest.fixture
def alarmed(answer_with):
    """Return an answer over the threshold that nobody has reviewed."""
    return answer_with(mel=0.8, nv=0.2, malignant_threshold=0.3, uncertain_below=0.0)


@pytest.fixture
def written(consultation, doctor):
    said = {"notes": "Seen.", "conclusion": "A mole. We take it out."}
    return written_up(consultation, doctor, **said)


def address(visit):
    return reverse("clinic:visit_sign", args=[visit.pk])


def dialog(client, visit, **marks):
    response = client.get(address(visit), marks, headers=HTMX)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def marks(page):
    return {
        field["name"]: field.get("value", "")
        for field in page.select("form input[type=hidden]")
        if field["name"] != "csrfmiddlewaretoken"
    }


def words(page):
    return " ".join(page.get_text(" ").split())


def test_the_dialog_names_the_warning_the_diagnoses_and_what_is_missing(client, alarmed, written):
    said = words(dialog(client, written))
    assert "Malignant disease cannot be ruled out, and no doctor has decided: Lesion 1." in said
    assert "Lesion 1 No diagnosis yet" in said
    assert "malignant share 80.0 %" in said
    assert "A mole. We take it out." in said
    assert "Nothing is prescribed." in said
    assert "Why are you signing before the warning is reviewed?" in said


def test_the_dialog_shows_what_is_true_now(client, doctor, alarmed, written):
    review_prediction(prediction=alarmed, actor=doctor, decision="confirmed")
    said = words(dialog(client, written))
    assert "no doctor has decided" not in said
    assert "Why are you signing before" not in said
    assert "Melanoma Diagnosed" in said or "Lesion 1 Melanoma" in said
    assert "The patient reads it after the conversation with the doctor." in said


def test_the_dialog_warns_of_a_conclusion_that_tells_too_early(client, doctor, alarmed, written):
    review_prediction(prediction=alarmed, actor=doctor, decision="confirmed")
    assert "The conclusion names" not in words(dialog(client, written))
    written_up(written, doctor, notes="Seen.", conclusion="It is a melanoma.")
    assert "The conclusion names Melanoma" in words(dialog(client, written))


@pytest.fixture
def telling(doctor, alarmed, written):
    """Return a visit whose conclusion names a melanoma that waits for the conversation."""
    review_prediction(prediction=alarmed, actor=doctor, decision="confirmed")
    return written_up(written, doctor, notes="Seen.", conclusion="It is a  MELANOMA.")


def test_a_conclusion_that_tells_too_early_is_not_signed_without_a_reason(client, telling):
    page = dialog(client, telling)
    assert "Why may the patient read it already?" in words(page)
    response = client.post(address(telling), marks(page) | {"early_reason": " "}, headers=HTMX)
    assert response.status_code == 422
    assert "Say why the patient may read it, or go back" in response.content.decode()
    assert not Consultation.objects.get().is_signed


def test_the_reason_for_telling_early_stays_with_the_visit(client, sign_in, patient, telling):
    sent = marks(dialog(client, telling)) | {"early_reason": "Told on the phone."}
    assert client.post(address(telling), sent, headers=HTMX)["HX-Redirect"] == "/day/"
    assert Consultation.objects.get().early_reason == "Told on the phone."
    event = AuditEvent.objects.get(verb="sign")
    assert event.detail["told_early"] == 1
    assert "phone" not in str(event.detail)
    page = client.get(reverse("diagnosis:visit", args=[telling.pk])).content.decode()
    assert "The conclusion names a diagnosis that waited: Told on the phone." in page
    mine = sign_in(patient.user).get(reverse("diagnosis:my_visit", args=[telling.pk]))
    assert "Told on the phone." not in mine.content.decode()


def test_a_diagnosis_that_is_released_or_not_named_needs_no_reason(doctor, alarmed, telling):
    note_conversation(diagnosis=alarmed.reviews.get(), actor=doctor)
    signed = sign_visit(consultation=telling, actor=doctor, early_reason="Not needed.")
    assert signed.early_reason == ""


def test_the_service_refuses_to_tell_early_whoever_calls_it(doctor, telling):
    with pytest.raises(ValidationError) as refusal:
        sign_visit(consultation=telling, actor=doctor)
    assert "early_reason" in refusal.value.message_dict


def test_an_addendum_does_not_tell_early_either(client, doctor, alarmed, telling):
    signed = sign_visit(consultation=telling, actor=doctor, early_reason=WHY)
    address = reverse("clinic:addendum_add", args=[signed.pk])
    refused = client.post(address, {"text": "The melanoma was 2 mm."}, headers=HTMX)
    assert refused.status_code == 409
    assert "“Melanoma” at once" in refused.content.decode()
    assert not signed.addenda.exists()

    note_conversation(diagnosis=alarmed.reviews.get(), actor=doctor)
    client.post(address, {"text": "The melanoma was 2 mm."}, headers=HTMX)
    assert signed.addenda.exists()


def test_a_referral_says_that_the_letter_is_missing(client, doctor, alarmed, written):
    review_prediction(prediction=alarmed, actor=doctor, decision="referred")
    assert "Lesion 1: no letter to the colleague yet." in words(dialog(client, written))


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_warning_that_nobody_reviewed_is_not_signed_over_without_a_reason(
    reason, client, alarmed, written
):
    sent = marks(dialog(client, written)) | {"unreviewed_reason": reason}
    response = client.post(address(written), sent, headers=HTMX)
    assert response.status_code == 422
    assert "Say in a few words why you sign before" in response.content.decode()
    assert not Consultation.objects.get().is_signed


def test_the_reason_stays_with_the_visit_and_its_words_stay_out_of_the_trail(
    client, sign_in, patient, alarmed, written
):
    sent = marks(dialog(client, written)) | {"unreviewed_reason": WHY}
    assert client.post(address(written), sent, headers=HTMX)["HX-Redirect"] == "/day/"
    assert Consultation.objects.get().unreviewed_reason == WHY
    with connection.cursor() as cursor:
        cursor.execute("SELECT unreviewed_reason FROM clinic_consultation")
        assert "histology" not in cursor.fetchone()[0]
    event = AuditEvent.objects.get(verb="sign")
    assert event.detail["unreviewed_warnings"] == 1
    assert "histology" not in str(event.detail)
    assert WHY in client.get(reverse("diagnosis:visit", args=[written.pk])).content.decode()
    page = sign_in(patient.user).get(reverse("diagnosis:my_visit", args=[written.pk]))
    assert WHY not in page.content.decode()


def test_a_warning_that_came_while_the_dialog_was_open_is_read_first(
    client, prediction, answer_with, written
):
    sent = marks(dialog(client, written)) | {"unreviewed_reason": WHY}
    answer_with(mel=0.8, nv=0.2, malignant_threshold=0.3)
    response = client.post(address(written), sent, headers=HTMX)
    assert response.status_code == 409
    page = BeautifulSoup(response.content, "html.parser")
    assert "A warning about a photograph has come" in words(page)
    assert not Consultation.objects.get().is_signed
    client.post(address(written), marks(page) | {"unreviewed_reason": WHY}, headers=HTMX)
    assert Consultation.objects.get().is_signed


@pytest.mark.parametrize("decision", ["confirmed", "referred", "not_assessable"])
def test_a_warning_that_a_doctor_has_read_needs_no_reason(decision, doctor, alarmed, written):
    review_prediction(prediction=alarmed, actor=doctor, decision=decision)
    signed = sign_visit(consultation=written, actor=doctor, unreviewed_reason="Not needed.")
    assert signed.unreviewed_reason == ""


def test_the_service_asks_for_the_reason_whoever_calls_it(doctor, alarmed, written):
    with pytest.raises(ValidationError) as refusal:
        sign_visit(consultation=written, actor=doctor)
    assert "unreviewed_reason" in refusal.value.message_dict


def test_what_another_window_saved_is_read_before_the_dialog(client, doctor, written):
    seen = {"version": written.version, "lines_seen": lines_fingerprint(stored_lines(written))}
    written_up(written, doctor, notes="Changed elsewhere.")
    response = client.get(address(written), seen, headers=HTMX)
    assert response.status_code == 409
    assert "Load the visit again before signing" in response.content.decode()


def test_without_a_script_the_dialog_is_a_page_that_signs(client, written):
    page = BeautifulSoup(client.get(address(written)).content, "html.parser")
    assert client.post(address(written), marks(page)).status_code == 302
    assert Consultation.objects.get().is_signed
