"""The answer is brought to whoever asked for it, and never belongs to another photograph."""

import threading
import time

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from playwright.sync_api import expect

from diagnosis.lesions.services.photographs import upload_image
from diagnosis.models import Prediction
from diagnosis.predictions.services.predictions import request_prediction
from diagnosis.reviews.services.reviews import review_prediction
from ml.bundle.labels import LABELS
from tests import photographs
from tests.e2e.door import come_in
from tests.factories import ConsentFactory
from tests.full_visit import note_facts
from tests.worker import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("media")]

WIDTHS = [(1440, 900), (1024, 768), (360, 740)]


@pytest.fixture
def consent(consultation, secretary):
    return ConsentFactory(
        patient=consultation.patient, purpose="ai_analysis", recorded_by=secretary
    )


@pytest.fixture
def visit(open_browser, doctor, consultation, consent):
    """Return the doctor's browser on the open visit of a patient with many facts."""
    note_facts(consultation, doctor)
    page = open_browser("doctor")
    come_in(page, doctor.email)
    page.goto(f"/visits/{consultation.pk}/")
    return page


@pytest.fixture
def waiting(consultation, doctor, consent):
    """Return a function that stores a photograph whose answer is still to come."""

    def _waiting(seed):
        image = upload_image(
            consultation=consultation, data=photographs.jpeg(seed=seed), actor=doctor
        )
        return request_prediction(image=image, actor=doctor)

    return _waiting


def answer(prediction, label="mel"):
    """Fill in an answer over the threshold, as a worker would."""
    Prediction.objects.filter(pk=prediction.pk).update(
        status="done",
        label=label,
        probabilities=dict.fromkeys(LABELS, 0.0) | {"mel": 0.6, label: 0.6, "bcc": 0.4},
        malignant_share=1.0,
        malignant_threshold=0.3,
        uncertain_below=0.0,
        model_version="another",
        milliseconds=50,
        finished_at=timezone.now(),
    )


def choose(page, *seeds):
    page.locator("input[name=photograph]").set_input_files(
        [
            {"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": photographs.jpeg(seed=n)}
            for n in seeds
        ]
    )


def focused(page):
    return page.evaluate("document.activeElement.id")


@pytest.mark.parametrize("size", WIDTHS, ids=str)
def test_after_sending_the_answer_is_in_sight_has_the_focus_and_is_said(size, visit):
    visit.set_viewport_size({"width": size[0], "height": size[1]})
    choose(visit, 1)
    visit.get_by_role("button", name="Send the photograph").click()
    expect(visit.locator("#answer-panel[data-status=queued]")).to_be_in_viewport()
    expect(visit.locator("#answer-panel")).to_be_focused()
    expect(visit.locator("#answer-said")).to_contain_text("The photograph is being analysed.")

    answer(Prediction.objects.get())

    expect(visit.locator(".answer-alarm")).to_be_in_viewport(ratio=1)
    assert focused(visit) == "answer-panel"
    said = visit.locator("#answer-said")
    expect(said).to_contain_text("Malignant disease cannot be ruled out: Melanoma 60 %")
    assert said.get_attribute("role") == "status"


@pytest.mark.parametrize("size", WIDTHS, ids=str)
def test_the_alarm_is_on_the_first_screen_of_the_visit(size, visit, waiting):
    answer(waiting(1))
    visit.set_viewport_size({"width": size[0], "height": size[1]})
    visit.reload()
    expect(visit.locator(".answer-alarm")).to_be_in_viewport(ratio=1)
    assert visit.evaluate("window.scrollY") == 0


def test_a_doctor_who_writes_on_is_not_taken_away_from_it(visit):
    choose(visit, 1)
    visit.get_by_role("button", name="Send the photograph").click()
    expect(visit.locator("#answer-panel[data-status=queued]")).to_be_visible()
    notes = visit.get_by_label("Examination")
    notes.fill("Dark")
    expect(visit.locator("#visit-notes [data-autosave-state]")).to_contain_text("Saved")
    notes.evaluate("field => field.scrollIntoView({block: 'center', behavior: 'instant'})")
    top = notes.bounding_box()["y"]
    answer(Prediction.objects.get())
    expect(visit.locator("#answer-said")).to_contain_text("Malignant disease")
    expect(notes).to_be_focused()
    assert abs(notes.bounding_box()["y"] - top) < 100


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="only on PostgreSQL does a reader wait for a lock"
)
def test_an_answer_that_comes_while_the_page_asks_brings_its_map_along(visit, waiting):
    """Hold the page's question between its first query and the others, and answer then."""
    prediction = waiting(1)
    visit.reload()
    expect(visit.locator("#answer-panel[data-status=queued]")).to_be_visible()
    held, may_go_on = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE diagnosis_review IN ACCESS EXCLUSIVE MODE")
            held.set()
            may_go_on.wait(30)
            answer(prediction)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(30)
    # The answer card and the thumbnails ask by themselves; both wait for the table now.
    wait_until(lambda: waiting_queries() == 2, what="two questions wait")
    may_go_on.set()
    holder.join()

    expect(visit.locator("#answer-panel[data-status=done]")).to_be_visible()
    expect(visit.locator("#map-controls [data-map-strength]")).to_be_visible()
    expect(visit.locator("#thumbnails [data-state=alarm]")).to_have_count(1)
    expect(visit.locator("#visit-sign-warnings")).to_contain_text("Malignant disease")


def waiting_queries():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass",
            ["diagnosis_review"],
        )
        return cursor.fetchone()[0]


def test_an_answer_never_stands_next_to_another_photograph(visit, waiting):
    """Two photographs are asked for, and the first one arrives last."""
    first, second, third = (waiting(seed) for seed in (1, 2, 3))
    answer(first, "mel")
    answer(second, "bcc")
    answer(third, "akiec")
    visit.reload()
    held = []
    visit.route(f"**/photographs/{first.image_id}/panel/", lambda route: held.append(route))
    thumbs = visit.locator("#thumbnails a")
    thumbs.nth(0).click()
    thumbs.nth(1).click()
    shown = visit.locator(f"#photograph-panel[data-image='{second.image_id}']")
    expect(shown).to_be_visible()
    for route in held:
        route.continue_()
    time.sleep(0.5)
    expect(shown).to_be_visible()
    form = visit.locator("#answer-panel form[data-review]")
    expect(form).to_have_attribute("action", f"/predictions/{second.pk}/review/")


def test_a_late_answer_changes_nothing_of_the_photograph_chosen_meanwhile(
    visit, waiting, expected_errors
):
    expected_errors.append("htmx:oobErrorNoTarget")
    first, second = waiting(1), waiting(2)
    answer(second)
    visit.goto(f"{visit.url}?photograph={first.image_id}")
    held = []
    visit.route(f"**/predictions/{first.pk}/status/*", lambda route: held.append(route))
    wait_until(lambda: (visit.wait_for_timeout(50), held)[1], what="the page has asked")
    answer(first)
    visit.locator("#thumbnails a").nth(1).click()
    expect(visit.locator(f"#photograph-panel[data-image='{second.image_id}']")).to_be_visible()
    for route in held:
        route.continue_()
    time.sleep(0.5)
    address = f"/predictions/{second.pk}/maps/mel/"
    expect(visit.locator("#map-controls option").first).to_have_attribute("value", address)
    current = visit.locator("#thumbnails [aria-current]")
    expect(current).to_have_attribute("hx-get", f"/photographs/{second.image_id}/panel/")


def test_the_focus_stays_at_the_answer_after_a_review(visit, waiting):
    answer(waiting(1))
    visit.reload()
    visit.get_by_role("button", name="Confirm").click()
    expect(visit.locator(".review-word")).to_be_visible()
    expect(visit.locator("#answer-panel")).to_be_focused()
    expect(visit.locator("#answer-said")).to_contain_text("Melanoma")


def test_a_name_keeps_room_next_to_many_marks_on_a_tablet(waiting, doctor, browser_of):
    answer(waiting(1))
    Prediction.objects.update(uncertain_below=0.9)
    doctor.language = "fr"
    doctor.save()
    page = browser_of(doctor)
    page.set_viewport_size({"width": 1024, "height": 768})
    page.goto("/to-review/")
    assert page.locator(".list-row-side > *").count() >= 4
    assert page.locator(".list-row-main").bounding_box()["width"] > 140


def test_a_review_refused_after_another_photograph_was_chosen_says_why(
    visit, waiting, doctor, expected_errors
):
    expected_errors += ["422", "htmx:"]
    first, second = waiting(1), waiting(2)
    answer(first)
    answer(second, "bcc")
    visit.goto(f"{visit.url}?photograph={first.image_id}")
    held = []
    visit.route(f"**/predictions/{first.pk}/review/", lambda route: held.append(route))
    visit.get_by_role("button", name="Confirm").click()
    wait_until(lambda: (visit.wait_for_timeout(50), held)[1], what="the review is on its way")
    # Meanwhile somebody decides otherwise, and the doctor goes on.
    first.refresh_from_db()
    review_prediction(prediction=first, actor=doctor, decision="referred")
    visit.locator("#thumbnails a").nth(1).click()
    expect(visit.locator(f"#photograph-panel[data-image='{second.image_id}']")).to_be_visible()
    held[0].continue_()
    toast = visit.locator("#toasts .notice-danger")
    expect(toast).to_contain_text("has reviewed this photograph in the meantime")
    expect(visit.locator("#answer-panel [role=alert]")).to_have_count(0)
