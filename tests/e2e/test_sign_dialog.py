"""The dialog before signing says what is open now, the gravest first."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from clinic.models import Consultation
from clinic.records.services.prescriptions import DraftLine, save_prescription
from diagnosis.lesions.services.photographs import upload_image
from diagnosis.models import Prediction
from tests import photographs
from tests.e2e.door import come_in

pytestmark = pytest.mark.django_db(transaction=True)

ALARM = "Malignant disease cannot be ruled out, and no doctor has decided: Lesion 1."


@pytest.fixture
def alarmed(consultation, doctor):
    """Return a photograph over the threshold that nobody has reviewed."""
    image = upload_image(consultation=consultation, data=photographs.jpeg(seed=1), actor=doctor)
    return Prediction.objects.create(
        image=image,
        image_sha256=image.sha256,
        model_version="another",
        status="done",
        label="mel",
        probabilities={"nv": 0.2, "mel": 0.8},
        malignant_share=0.8,
        malignant_threshold=0.3,
        uncertain_below=0.0,
        finished_at=timezone.now(),
    )


def test_the_dialog_names_the_alarm_before_all_else(open_browser, doctor, consultation, alarmed):
    Consultation.objects.filter(pk=consultation.pk).update(plan="\uf0b7 rest")
    line = DraftLine(drug="Zzyzxil", dose="thin", frequency="daily", duration="5 days")
    save_prescription(consultation=consultation, actor=doctor, lines=[line])
    page = open_browser("doctor")
    come_in(page, doctor.email)
    page.goto(f"/visits/{consultation.pk}/")
    expect(page.locator("#visit-warnings")).to_contain_text("Not checked")

    page.locator("#visit-sign").get_by_role("button", name="Sign and close").click()

    dialog = page.locator("#sign-dialog")
    expect(dialog).to_contain_text(ALARM)
    said = dialog.inner_text()
    in_order = ["Sign and close this visit?", ALARM, "1 answer is not", "Zzyzxil", "U+F0B7"]
    places = [said.find(words) for words in in_order]
    assert -1 not in places
    assert places == sorted(places)


def test_on_a_telephone_the_question_and_the_buttons_are_in_sight(
    open_browser, doctor, consultation, alarmed
):
    long_text = "Please keep this place dry and come back at once if it bleeds. " * 20
    Consultation.objects.filter(pk=consultation.pk).update(conclusion=long_text)
    page = open_browser("doctor")
    page.set_viewport_size({"width": 360, "height": 640})
    come_in(page, doctor.email)
    page.goto(f"/visits/{consultation.pk}/")

    page.locator("#visit-sign").get_by_role("button", name="Sign and close").click()

    dialog = page.locator("#sign-dialog")
    expect(dialog.locator("#sign-question")).to_be_focused()
    assert dialog.evaluate("dialog => dialog.scrollHeight > dialog.clientHeight")
    assert dialog.evaluate("dialog => dialog.scrollTop") == 0
    expect(dialog.get_by_role("button", name="Sign and close")).to_be_in_viewport(ratio=1)
