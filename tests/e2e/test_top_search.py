"""Find a patient from any page, with the keyboard only."""

import pytest
from playwright.sync_api import expect

from tests.factories import PatientFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_slash_three_letters_and_enter_open_a_patient(browser_of, secretary, patient):
    for number in range(3):
        PatientFactory(full_name=f"Paula Pattern {number}")
    page = browser_of(secretary)
    page.keyboard.press("/")
    field = page.get_by_label("Search patients")
    expect(field).to_be_focused()
    page.keyboard.type("paul pat")
    rows = page.locator(".top-search-rows a")
    expect(rows).to_have_count(4)
    page.keyboard.press("ArrowDown")
    expect(rows.first).to_be_focused()
    page.keyboard.press("Escape")
    expect(rows).to_have_count(0)

    field.fill("Paul Patient")
    expect(rows).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Paul Patient")).to_be_visible()
    assert "paul" not in page.url.lower()


def test_who_is_not_there_is_said_and_a_patient_has_no_search(
    browser_of, doctor, consultation, patient
):
    page = browser_of(doctor)
    page.get_by_label("Search patients").fill("nobody at all")
    expect(page.get_by_text("No match.")).to_be_visible()
    page.set_viewport_size({"width": 360, "height": 740})
    expect(page.get_by_label("Search patients")).not_to_be_visible()
    page.get_by_role("link", name="Search patients").click()
    expect(page.get_by_label("Find a patient")).to_be_visible()

    page = browser_of(patient.user)
    expect(page.get_by_label("Search patients")).to_have_count(0)
