"""What the visit tells the writer: text that is too long, doubtful or alarming."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from clinic.core.text_bounds import LONGEST_TEXT
from clinic.models import Consultation
from diagnosis.lesions.services.photographs import upload_image
from diagnosis.models import Prediction
from tests import photographs
from tests.factories import ConsentFactory
from tests.full_visit import written_up

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def visit(browser_of, doctor, consultation):
    page = browser_of(doctor)
    page.goto(reverse("diagnosis:visit", args=[consultation.pk]))
    return page


def test_a_note_that_is_too_long_says_by_how_much(visit, consultation, expected_errors):
    expected_errors.append("422")
    state = visit.locator(".notes-form [data-autosave-state]")
    visit.locator("textarea[name=notes]").fill("word " * (LONGEST_TEXT // 5) + "end")
    expect(state).to_contain_text("Not saved yet. ")
    expect(state).to_contain_text(": Too long by 3 characters: at most 10000 fit here.")

    visit.locator("textarea[name=notes]").fill("Short.")
    expect(state).to_contain_text("Saved")
    consultation.refresh_from_db()
    assert consultation.notes == "Short."


def test_two_texts_are_compared_side_by_side(visit, consultation, expected_errors):
    expected_errors.append("409")
    Consultation.objects.filter(pk=consultation.pk).update(
        notes="Theirs.", version=consultation.version + 1
    )
    visit.locator("textarea[name=notes]").fill("Mine.")
    conflict = visit.locator("[data-autosave-problem] .notice")
    expect(conflict).to_be_visible()

    assert conflict.bounding_box()["width"] > 800
    mine, stored = [each.bounding_box() for each in conflict.locator("dd").all()]
    assert mine["y"] == stored["y"]
    assert mine["x"] + mine["width"] <= stored["x"]


def test_on_a_telephone_an_alarm_stands_before_the_patient(
    browser_of, doctor, consultation, media, settings
):
    ConsentFactory(patient=consultation.patient, purpose="ai_analysis", recorded_by=doctor)
    image = upload_image(consultation=consultation, data=photographs.jpeg(seed=3), actor=doctor)
    Prediction.objects.create(
        image=image,
        image_sha256=image.sha256,
        model_version="another",
        status="done",
        label="mel",
        probabilities={"nv": 0.1, "mel": 0.9},
        malignant_share=0.9,
        malignant_threshold=0.3,
        uncertain_below=0.0,
        finished_at=timezone.now(),
    )
    page = browser_of(doctor)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(reverse("diagnosis:visit", args=[consultation.pk]))
    alarm, patient = page.locator(".answer-alarm"), page.locator("#visit-card")
    expect(alarm).to_be_visible()
    expect(patient).to_be_visible()
    page.wait_for_load_state("networkidle")  # parts of the page are still being put in

    assert alarm.bounding_box()["y"] < patient.bounding_box()["y"]


def test_a_save_takes_the_older_time_of_saving_away(visit, doctor, consultation):
    written_up(consultation, doctor, notes="Seen.")
    visit.reload()
    heading = visit.locator("#visit-notes [data-last-saved]")
    expect(heading).to_be_visible()
    visit.locator("textarea[name=plan]").fill("Come back.")
    expect(visit.locator(".notes-form [data-autosave-state]")).to_contain_text("Saved")
    expect(heading).to_have_count(0)
