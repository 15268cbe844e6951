"""A doctor marks a place on the body map, photographs it and compares it with earlier ones."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from diagnosis.models import Lesion, LesionImage
from tests import photographs
from tests.e2e.door import come_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def visit(open_browser, doctor, consultation):
    """Return the doctor's browser on the open visit."""
    page = open_browser("doctor")
    come_in(page, doctor.email)
    page.goto(f"/visits/{consultation.pk}/")
    return page


def choose(page, seed):
    page.locator("input[name=photograph]").set_input_files(
        {"name": f"{seed}.jpg", "mimeType": "image/jpeg", "buffer": photographs.jpeg(seed=seed)}
    )
    page.get_by_role("button", name="Send the photograph").click()


def send(page, seed, count):
    choose(page, seed)
    expect(page.locator("#thumbnails li")).to_have_count(count)


def next_lesion(page):
    return page.locator(".drop-zone").get_by_label("Lesion")


def mark(page, view, site):
    page.locator(f"[data-figure={view}] [data-site={site}] path").first.click()


def test_a_place_is_marked_photographed_and_compared(visit):
    mark(visit, "back", "back")
    expect(visit.get_by_text("A place is marked.")).to_be_visible()
    expect(visit.locator(".drop-zone").get_by_label("Body site")).to_have_value("back")
    send(visit, 1, 1)
    marked = Lesion.objects.get()
    assert (marked.view, marked.body_site.code) == ("back", "back")
    assert 0.4 < marked.x < 0.6

    # The next place makes a new lesion; its photograph does not change the first one.
    mark(visit, "front", "left-hand")
    expect(next_lesion(visit)).to_have_value("")
    send(visit, 2, 2)
    expect(visit.locator("button.body-marker")).to_have_count(2)
    hand = Lesion.objects.get(number=2)
    assert (hand.view, hand.body_site.code) == ("front", "left-hand")

    # A number on the map chooses an existing lesion.
    visit.get_by_role("button", name="Choose Lesion 1").click()
    expect(next_lesion(visit)).to_have_value(str(marked.pk))
    send(visit, 3, 3)
    assert marked.images.count() == 2

    size = visit.locator("#photograph-facts")
    size.get_by_label("Size in mm").fill("6.5")
    size.get_by_label("Note on the size").fill("oval")
    size.get_by_role("button", name="Save the size").click()
    expect(size.get_by_text("Saved")).to_be_visible()
    LesionImage.objects.filter(pk=marked.images.first().pk).update(
        uploaded_at=timezone.localtime() - timedelta(days=90)
    )

    visit.goto(f"/lesions/{marked.pk}/")
    expect(visit.get_by_text("90 days between them")).to_be_visible()
    expect(visit.locator("[data-compare-stage] img")).to_have_count(2)
    for picture in visit.locator("[data-compare-stage] img").all():
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    visit.locator("[data-compare-zoom]").fill("300")
    left, right = visit.locator("[data-compare-stage]").all()
    left.hover()
    left.evaluate("stage => stage.scrollTo(0, 0)")
    for stage in (left, right):
        expect(stage).to_have_js_property("scrollTop", 0)
    assert right.evaluate("stage => stage.scrollWidth > 2 * stage.clientWidth")
    visit.get_by_label("Right").select_option(index=0)
    expect(visit.get_by_text("0 days between them")).to_be_visible()


def test_a_photograph_that_went_to_the_wrong_lesion_is_moved(visit):
    mark(visit, "front", "chest")
    send(visit, 1, 1)
    visit.get_by_role("button", name="Choose Lesion 1").click()
    send(visit, 2, 2)
    assert Lesion.objects.get().images.count() == 2
    visit.get_by_text("Another lesion?").click()
    visit.get_by_role("button", name="Move the photograph there").click()
    expect(visit.locator(".photo-bar")).to_contain_text("Lesion 2")
    expect(visit.locator(".lesion-list li")).to_have_count(2)
    assert [lesion.images.count() for lesion in Lesion.objects.all()] == [1, 1]


def move_and_hold(visit):
    """Send the move of a photograph, and return a function that lets it arrive."""
    held = []
    visit.route("**/lesion/", lambda route: held.append(route))
    with visit.expect_request("**/lesion/"):
        visit.get_by_role("button", name="Move the photograph there").click()
    return lambda: held[0].continue_()


def hold_the_move_to_a_new_lesion(visit):
    """Send two photographs of one lesion and hold the move of the second one."""
    mark(visit, "front", "chest")
    send(visit, 1, 1)
    visit.get_by_role("button", name="Choose Lesion 1").click()
    send(visit, 2, 2)
    visit.get_by_text("Another lesion?").click()
    return move_and_hold(visit)


def test_another_photograph_that_is_chosen_during_a_move_does_not_stop_it(visit):
    let_arrive = hold_the_move_to_a_new_lesion(visit)

    visit.locator("#thumbnails a").first.click()
    let_arrive()

    expect(visit.locator("#thumbnails a").first).to_have_attribute("aria-current", "true")
    expect(visit.locator(".photo-bar")).to_contain_text("Lesion 1")
    assert [lesion.images.count() for lesion in Lesion.objects.all()] == [1, 1]


def test_a_choice_that_is_being_sent_is_not_called_unsent(visit):
    mark(visit, "front", "chest")
    send(visit, 1, 1)
    mark(visit, "front", "face")
    send(visit, 2, 2)
    visit.get_by_text("Another lesion?").click()
    visit.locator(".photo-move").get_by_label("It shows").select_option(index=1)
    let_arrive = move_and_hold(visit)

    visit.locator("#thumbnails a").first.click()
    expect(visit.get_by_role("dialog", name="Not in the visit yet")).to_be_hidden()
    let_arrive()

    expect(visit.locator("#thumbnails a").first).to_have_attribute("aria-current", "true")
    assert sorted(lesion.images.count() for lesion in Lesion.objects.all()) == [0, 2]


def test_an_upload_during_a_move_ends_although_another_photograph_is_chosen(visit):
    let_arrive = hold_the_move_to_a_new_lesion(visit)

    choose(visit, 3)
    expect(visit.locator(".drop-preview")).to_have_count(0)
    visit.locator("#thumbnails a").first.click()
    let_arrive()

    expect(visit.locator("#thumbnails li")).to_have_count(3)
    send(visit, 4, 4)
