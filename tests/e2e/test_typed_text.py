"""Text typed when a session ended stays on the page, but only for the same person."""

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from clinic.models import Allergy, Patient
from tests.e2e.door import come_in
from tests.worker import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

REGISTER = reverse("clinic:patient_register")


@pytest.fixture
def desk(browser_of, secretary):
    page = browser_of(secretary)
    page.goto(REGISTER)
    page.get_by_label("Full name").fill("Nina New")
    page.get_by_label("Date of birth").fill("1984-02-29")
    return page


def end_sessions():
    Session.objects.all().delete()


def cover(page):
    return page.get_by_role("alertdialog", name="You are signed out")


def sign_in_next_door(page, user):
    """Sign somebody in, in the window that the dialog opens."""
    with page.context.expect_page() as opened:
        cover(page).get_by_role("link", name="Sign in in a new window").click()
    come_in(opened.value, user.email)
    expect(opened.value.get_by_text("Close this window")).to_be_visible()
    opened.value.close()


def test_a_form_that_comes_too_late_is_not_sent_and_stays_as_it_was_typed(desk, secretary):
    end_sessions()
    desk.get_by_role("button", name="Register").click()

    expect(cover(desk)).to_be_visible()
    for _try in range(2):
        desk.keyboard.press("Escape")
    expect(cover(desk)).to_be_visible()
    assert not Patient.objects.exists()
    kept = desk.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "Nina" not in kept

    sign_in_next_door(desk, secretary)

    expect(cover(desk)).not_to_be_visible()
    expect(desk.get_by_label("Full name")).to_have_value("Nina New")
    desk.get_by_role("button", name="Register").click()
    expect(desk.get_by_text("The patient is registered.")).to_be_visible()
    assert Patient.objects.get().full_name == "Nina New"


def test_a_page_with_something_typed_does_not_go_to_the_door_by_itself(desk):
    end_sessions()
    desk.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(cover(desk)).to_be_visible()
    assert desk.url.endswith(REGISTER)

    cover(desk).get_by_role("button", name="Leave and discard what I typed").click()
    expect(desk.get_by_role("heading", name="Sign in")).to_be_visible()


def test_nobody_else_gets_what_was_typed(desk, other_admin, expected_errors):
    expected_errors.append("403")  # admins cannot register patients
    end_sessions()
    desk.get_by_role("button", name="Register").click()
    expect(cover(desk)).to_be_visible()

    sign_in_next_door(desk, other_admin)

    expect(cover(desk)).not_to_be_visible()
    expect(desk.locator("[name=full_name][value='Nina New']")).to_have_count(0)
    wait_until(lambda: "Nina New" not in desk.content(), what="the name has left the page")
    assert not Patient.objects.exists()


def test_a_part_of_a_page_that_is_sent_too_late_stays_too(browser_of, doctor, consultation):
    page = browser_of(doctor)
    page.goto(reverse("diagnosis:visit", args=[consultation.pk]))
    facts = page.locator(
        f"form[action$='{reverse('clinic:fact_add', args=[consultation.pk, 'allergy'])}']"
    )
    substance = facts.locator("[name$=substance]")
    expect(facts).to_be_attached()
    page.locator("details:has(form[action*='/facts/'])").evaluate_all(
        "all => all.forEach(each => each.open = true)"
    )
    substance.fill("Latex")
    end_sessions()
    facts.get_by_role("button").first.click()

    expect(cover(page)).to_be_visible()
    assert not Allergy.objects.exists()

    sign_in_next_door(page, doctor)

    expect(cover(page)).not_to_be_visible()
    expect(substance).to_have_value("Latex")
    with page.expect_response("**/facts/allergy/"):
        facts.get_by_role("button").first.click()
    expect(page.get_by_text("Latex").first).to_be_visible()
    assert Allergy.objects.get().substance == "Latex"
