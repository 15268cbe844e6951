"""The page says while somebody types what papers cannot show, and asks again before signing."""

import pytest
from playwright.sync_api import expect

from tests.e2e.door import come_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_doctor_hears_it_at_the_field_and_in_the_dialog_of_the_signature(
    open_browser, doctor, consultation
):
    page = open_browser("doctor")
    come_in(page, doctor.email)
    page.goto(f"/visits/{consultation.pk}/")
    notes = page.locator("#visit-notes")
    plan = notes.get_by_label("Plan")
    plan.fill("\uf0b7 Rest. 李")
    notice = notes.locator("[data-glyph-notice]")
    expect(notice).to_have_text("Papers cannot show U+F0B7. They print � instead.")
    page.get_by_role("button", name="Sign and close").click()
    dialog = page.locator("#sign-dialog")
    expect(dialog).to_contain_text("Papers cannot show U+F0B7.")
    dialog.get_by_role("button", name="Go back").click()
    plan.fill("Rest. 李")
    expect(notice).to_have_count(0)
