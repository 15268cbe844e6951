"""Diagnoses without a photograph are typed one after the other, next to the conclusion."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from clinic.records.services.prescriptions import DraftLine, save_prescription
from diagnosis.models import VisitDiagnosis
from tests.full_visit import written_up

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(browser_of, doctor, consultation):
    written_up(consultation, doctor, conclusion="Use the cream.")
    page = browser_of(doctor)
    page.goto(reverse("diagnosis:visit", args=[consultation.pk]))
    return page


def field_of(page):
    return page.locator("#own-diagnoses").get_by_label("Add a diagnosis")


def test_diagnoses_are_typed_one_after_the_other(page, consultation, expected_errors):
    expected_errors.append("422")
    own = page.locator("#own-diagnoses")
    field = field_of(page)
    field.fill("guttate")
    expect(page.locator("#visit-disease-names option").first).to_be_attached()
    field.fill("Guttate psoriasis – L40.4")
    field.press("Enter")
    expect(own.get_by_role("listitem")).to_have_count(1)
    expect(field_of(page)).to_be_focused()

    page.keyboard.type("Zebra-striped dermatosis")
    page.keyboard.press("Enter")
    expect(own.get_by_label("Save it in these words")).to_be_visible()
    own.get_by_label("Save it in these words").check()
    own.get_by_role("button", name="Add", exact=True).click()
    expect(own.get_by_role("listitem")).to_have_count(2)

    names = page.locator("#diagnosis-names option")
    expect(names).to_have_count(2)
    rows = own.get_by_role("listitem")
    rows.first.get_by_text("Change or withdraw").click()
    rows.first.get_by_label("Certainty").select_option("probable")
    rows.first.get_by_role("button", name="Save", exact=True).first.click()
    expect(own).to_contain_text("Guttate psoriasis, probable")
    assert VisitDiagnosis.objects.standing().count() == 2

    page.locator("#visit-sign").get_by_role("button", name="Sign and close").click()
    dialog = page.locator("#sign-dialog")
    expect(dialog).to_contain_text("Guttate psoriasis, probable")
    expect(dialog).to_contain_text("Zebra-striped dermatosis")
    dialog.get_by_role("button", name="Sign and close").click()
    page.wait_for_url("**/day/**")
    consultation.refresh_from_db()
    assert consultation.is_signed


def test_what_is_typed_for_a_diagnosis_is_not_signed_away(page):
    field_of(page).fill("Acne vulgaris")
    page.locator("#visit-sign").get_by_role("button", name="Sign and close").click()
    expect(page.locator("#unsent-dialog")).to_contain_text("Acne vulgaris")


def test_a_line_of_the_prescription_offers_the_diagnosis(page, doctor, consultation):
    line = DraftLine(drug="Calcipotriol", dose="thin", frequency="daily", duration="a week")
    save_prescription(consultation=consultation, actor=doctor, lines=[line])
    page.reload()
    field_of(page).fill("Psoriasis")
    field_of(page).press("Enter")
    indication = page.locator("[name=lines-0-indication]")
    expect(page.locator("#diagnosis-names option[value=Psoriasis]")).to_be_attached()
    assert indication.get_attribute("list") == "diagnosis-names"
