"""Unsent text and photographs are named before signing and before leaving the page."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from clinic.models import Allergy
from clinic.records.services.consultations import sign_visit
from diagnosis.lesions.services.photographs import upload_image
from diagnosis.models import LesionImage, Prediction
from diagnosis.reviews.services.reviews import review_prediction
from tests import photographs

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def visit(browser_of, doctor, consultation):
    """Return the doctor's browser on an open visit that could be signed."""
    consultation.notes = "Seen."
    consultation.save()
    page = browser_of(doctor)
    page.goto(reverse("diagnosis:visit", args=[consultation.pk]))
    return page


@pytest.fixture
def answered(consultation, doctor):
    """Return a photograph that is waiting for review."""
    image = upload_image(consultation=consultation, data=photographs.jpeg(seed=1), actor=doctor)
    return Prediction.objects.create(
        image=image,
        image_sha256=image.sha256,
        model_version="another",
        status="done",
        label="nv",
        probabilities={"nv": 0.9, "mel": 0.1},
        malignant_share=0.1,
        malignant_threshold=0.3,
        uncertain_below=0.0,
        finished_at=timezone.now(),
    )


def sign(page):
    page.locator("#visit-sign-form").get_by_role("button", name="Sign and close").click()


def unsent(page):
    return page.get_by_role("dialog", name="Not in the visit yet")


def is_held_back(page):
    """Return whether the browser would ask before leaving the page."""
    return page.evaluate(
        "!window.dispatchEvent(new Event('beforeunload', {cancelable: true, bubbles: true}))"
    )


def is_signed(consultation):
    consultation.refresh_from_db()
    return consultation.is_signed


def choose(page, *names):
    files = [
        {"name": name, "mimeType": "image/jpeg", "buffer": photographs.jpeg(seed=number)}
        for number, name in enumerate(names)
    ]
    page.locator("input[name=photograph]").set_input_files(files)


def type_allergy(page):
    form = page.locator("form[action$='/facts/allergy/']")
    expect(form).to_be_attached()
    page.locator("#visit-card details").evaluate_all("all => all.forEach(e => e.open = true)")
    form.get_by_label("Substance").fill("Penicillin")
    form.get_by_label("Reaction").fill("anaphylaxis")
    return form


def test_nothing_is_signed_while_a_photograph_waits(visit, consultation):
    choose(visit, "arm.jpg")
    assert is_held_back(visit)
    sign(visit)

    expect(unsent(visit)).to_contain_text("arm.jpg")
    expect(unsent(visit).get_by_role("button", name="Discard")).not_to_be_visible()
    unsent(visit).get_by_role("button", name="Go back").click()
    expect(visit.locator("#sign-dialog")).not_to_be_visible()
    assert not is_signed(consultation)

    visit.locator(".drop-preview").get_by_role("button", name="Remove").click()
    assert not is_held_back(visit)
    sign(visit)
    expect(visit.locator("#sign-dialog")).to_be_visible()


def test_a_photograph_that_is_sent_holds_nothing_back(visit, consultation):
    choose(visit, "arm.jpg")
    visit.get_by_role("button", name="Send the photograph").click()
    expect(visit.locator("#thumbnails li")).to_have_count(1)

    expect(visit.locator(".drop-preview")).to_have_count(0)
    assert not is_held_back(visit)
    assert LesionImage.objects.count() == 1


def test_an_upload_that_runs_or_failed_is_named_too(visit, consultation, expected_errors):
    expected_errors.append("ERR_FAILED")
    held = []
    visit.route("**/photographs/", lambda route: held.append(route))
    choose(visit, "arm.jpg")
    visit.get_by_role("button", name="Send the photograph").click()
    expect(visit.locator("[data-send]")).to_be_disabled()
    assert is_held_back(visit)
    sign(visit)
    expect(unsent(visit)).to_contain_text("arm.jpg")
    unsent(visit).get_by_role("button", name="Go back").click()

    held[0].abort()
    expect(visit.locator(".drop-preview")).to_contain_text("cannot be reached")
    assert is_held_back(visit)
    sign(visit)
    expect(unsent(visit)).to_contain_text("arm.jpg – The clinic cannot be reached.")
    assert not is_signed(consultation)


def test_a_fact_that_was_typed_and_not_added_is_named_before_the_signature(visit, consultation):
    form = type_allergy(visit)
    sign(visit)

    expect(unsent(visit)).to_contain_text("Substance: Penicillin, Reaction: anaphylaxis")
    unsent(visit).get_by_role("button", name="Go back").click()
    expect(form.get_by_label("Substance")).to_be_focused()
    assert not is_signed(consultation)

    form.get_by_role("button", name="Add").click()
    expect(visit.locator("#visit-card .allergy-bar")).to_contain_text("Penicillin")
    assert not is_held_back(visit)
    sign(visit)
    visit.locator("#sign-dialog").get_by_role("button", name="Sign and close").click()
    expect(visit.get_by_text("The visit is signed and closed.")).to_be_visible()
    assert Allergy.objects.get().substance == "Penicillin"


def test_what_is_thrown_away_lets_the_visit_be_signed(visit, consultation):
    form = type_allergy(visit)
    sign(visit)
    unsent(visit).get_by_role("button", name="Discard").click()

    expect(form.get_by_label("Substance")).to_have_value("")
    visit.locator("#sign-dialog").get_by_role("button", name="Sign and close").click()
    expect(visit.get_by_text("The visit is signed and closed.")).to_be_visible()
    assert is_signed(consultation)
    assert not Allergy.objects.exists()


def test_a_fact_that_was_refused_is_still_named(visit, consultation, expected_errors):
    expected_errors.append("422")
    form = type_allergy(visit)
    form.get_by_label("Substance").evaluate("field => field.required = false")
    form.get_by_label("Substance").fill(" ")
    form.get_by_role("button", name="Add").click()
    expect(form).to_contain_text("Name the substance.")

    assert is_held_back(visit)
    sign(visit)
    expect(unsent(visit)).to_contain_text("Reaction: anaphylaxis")


def test_a_text_that_is_taken_out_again_holds_nothing_back(visit):
    form = type_allergy(visit)
    assert is_held_back(visit)
    form.get_by_label("Substance").fill("")
    form.get_by_label("Reaction").fill("")
    assert not is_held_back(visit)


def test_a_review_that_was_typed_and_not_kept_is_named(answered, visit, consultation):
    visit.get_by_role("button", name="Correct").click()
    visit.locator("[data-review] [name=reason]").fill("Border is sharp.")
    assert is_held_back(visit)
    sign(visit)

    expect(unsent(visit)).to_contain_text(
        "Your review – Why does the answer change?: Border is sharp."
    )
    assert not is_signed(consultation)


def test_a_size_holds_back_only_until_it_is_stored(answered, visit):
    size = visit.locator(".photo-size input[name=size_mm]")
    size.press_sequentially("7")
    assert is_held_back(visit)
    size.press("Tab")
    expect(visit.locator("[data-size-state]")).to_contain_text("Saved")
    assert not is_held_back(visit)


def test_adding_one_fact_keeps_another_that_is_half_typed(visit):
    form = type_allergy(visit)
    drug = visit.locator("form[action$='/facts/drug/'] [name=drug]")
    drug.fill("Methotrexate")
    form.get_by_role("button", name="Add").click()
    expect(visit.locator("#visit-card .allergy-bar")).to_contain_text("Penicillin")

    expect(drug).to_have_value("Methotrexate")
    expect(form.get_by_label("Substance")).to_have_value("")
    assert is_held_back(visit)


def test_another_photograph_asks_before_it_takes_a_typed_review_away(answered, visit, doctor):
    upload_image(
        consultation=answered.image.consultation, data=photographs.jpeg(seed=2), actor=doctor
    )
    visit.goto(visit.url + f"?photograph={answered.image_id}")
    visit.get_by_role("button", name="Correct").click()
    reason = visit.locator("[data-review] [name=reason]")
    reason.fill("Border is sharp.")
    other = visit.locator("a.thumb:not([aria-current])")
    other.click()
    expect(unsent(visit)).to_contain_text("Border is sharp.")
    unsent(visit).get_by_role("button", name="Go back").click()
    expect(reason).to_have_value("Border is sharp.")

    other.click()
    unsent(visit).get_by_role("button", name="Discard").click()
    expect(reason).to_have_count(0)


def test_a_review_that_is_changed_again_is_held_back(answered, visit, doctor):
    review_prediction(prediction=answered, actor=doctor, decision="confirmed")
    visit.reload()
    visit.locator("#review summary").filter(has_text="Review again").click()
    visit.locator("[data-review] [name=comment]").evaluate("e => e.closest('details').open = true")
    visit.locator("[data-review] [name=comment]").fill("Seen with a colleague.")
    assert is_held_back(visit)


def test_a_letter_that_is_half_written_is_held_back(visit, doctor, consultation):
    consultation.refresh_from_db()
    sign_visit(consultation=consultation, actor=doctor)
    visit.goto(reverse("diagnosis:visit_letters", args=[consultation.pk]))
    assert not is_held_back(visit)
    visit.get_by_label("Question").fill("Can this be watched?")
    assert is_held_back(visit)


def test_a_call_in_is_not_undone_once_something_is_written(browser_of, doctor, consultation):
    consultation.__class__.objects.filter(pk=consultation.pk).update(notes="")
    page = browser_of(doctor)
    page.goto(reverse("diagnosis:visit", args=[consultation.pk]))
    undo = page.get_by_role("button", name="Undo the call-in")
    expect(undo).to_be_visible()

    page.get_by_label("Examination").fill("A brown spot.")

    expect(undo).to_have_count(0)
