"""A date is typed, picked or stepped, and read back in words, whatever the browser's language."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from clinic.models import Patient
from tests.worker import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

REGISTER = reverse("clinic:patient_register")


@pytest.mark.parametrize("width", [1440, 360])
def test_a_date_of_birth_is_read_back_and_registered(browser_of, secretary, width):
    page = browser_of(secretary)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(REGISTER)
    page.get_by_label("Full name").fill("Nina New")
    field = page.get_by_label("Date of birth")
    field.press_sequentially("15/11/2011")
    expect(page.locator("output[data-birth]")).to_have_text("15 November 2011, 15 years old")
    field.press("ArrowUp")
    expect(field).to_have_value("16/11/2011")
    # The button opens the browser's calendar, which has no name and is not sent.
    picker = page.locator('.day-input input[type="date"]')
    assert picker.evaluate("picker => picker.form") is None
    expect(page.get_by_role("button", name="Choose in a calendar")).to_be_visible()
    picker.evaluate(
        "picker => { picker.value = '1984-02-29';"
        " picker.dispatchEvent(new Event('change', { bubbles: true })); }"
    )
    expect(field).to_have_value("29/02/1984")
    field.fill("soon")
    expect(page.locator("output[data-birth]")).to_contain_text("This is not a valid date.")
    field.fill("29 feb 84")
    expect(page.locator("output[data-birth]")).to_contain_text("29 February 1984")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("The patient is registered.")).to_be_visible()
    assert str(Patient.objects.get().birth_date) == "1984-02-29"


@pytest.mark.parametrize("typed", ["٢٠", "۲۰"])
def test_a_field_for_a_number_takes_the_digits_of_the_keyboard(browser_of, admin, typed):
    page = browser_of(admin)
    page.goto(reverse("clinic:visit_type_add"))
    field = page.locator('input[type="number"]').first
    field.fill("")
    field.focus()
    page.keyboard.insert_text(typed)
    expect(field).to_have_value("20")


def test_an_answer_that_stops_because_the_page_is_left_is_no_error(browser_of, secretary):
    page = browser_of(secretary)
    page.goto(REGISTER)
    # Firefox says so where another browser stops quietly; the moment cannot be hit in a test.
    page.evaluate(
        "() => { const stop = () => Promise.reject(new DOMException('left', 'AbortError'));"
        " window.asked = 0;"
        " window.fetch = async () => { window.asked += 1;"
        " return { ok: true, json: stop, text: stop }; }; }"
    )
    page.get_by_label("Date of birth").press_sequentially("15/11/2011")
    page.get_by_label("Full name").press_sequentially("Nina 𐎠")
    wait_until(lambda: page.evaluate("window.asked") >= 2, what="both fields have asked")
    page.wait_for_timeout(300)
