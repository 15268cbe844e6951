"""Prescribing in the browser: the table fills in and warns, templates are inserted."""

import pytest
from playwright.sync_api import expect

from clinic.models import Allergy, Patient, PrescriptionLine, WarningOverride
from clinic.records.services.phrases import create_template, prescription_content
from clinic.records.services.prescriptions import DraftLine
from tests.e2e.door import come_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def visit(open_browser, doctor, patient, consultation):
    """Return the doctor's browser on the open visit of a man who is allergic to penicillins."""
    Patient.objects.update(sex=Patient.Sex.MALE)
    Allergy.objects.create(patient=patient, substance="Penicillins", code="penicillins")
    create_template(
        actor=doctor, kind="notes", owner=doctor, name="Nevus", content={"plan": "Watch it."}
    )
    line = DraftLine(drug="Doxycycline", dose="1 tablet", frequency="daily", duration="6 weeks")
    create_template(
        actor=doctor, kind="prescription", owner=None, name="Rosacea",
        content=prescription_content([line]),
    )  # fmt: skip
    page = open_browser("doctor")
    come_in(page, doctor.email)
    page.goto(f"/visits/{consultation.pk}/")
    return page


def test_the_table_fills_in_warns_at_once_and_takes_the_reason(visit):
    form = visit.locator("#visit-prescription")
    warnings = visit.locator("#visit-warnings")
    form.get_by_label("Drug", exact=True).first.fill("Amoxicillin")
    form.get_by_label("Drug", exact=True).first.press("Tab")
    expect(warnings).to_contain_text("Amoxicillin belongs to the penicillins.")
    expect(form.locator('[name="lines-0-strength"]')).to_have_value("500 mg")
    expect(form.locator('[name="lines-0-route"]')).to_have_value("by mouth")
    expect(warnings).to_contain_text("Complete the line")
    form.get_by_label("Frequency").first.fill("three times a day")
    form.get_by_label("Duration").first.fill("7 days")
    form.get_by_label("Duration").first.press("Tab")
    reason = warnings.get_by_label("Why is it prescribed anyway?")
    reason.fill("Tolerated")
    # A save in between checks again, and the text being typed stays.
    with visit.expect_response(lambda response: response.url.endswith("/warnings/")):
        form.get_by_label("Duration").first.fill("8 days")
    expect(form.locator("[data-autosave-state]")).to_contain_text("Saved")
    expect(reason).to_have_value("Tolerated")
    warnings.get_by_role("button", name="Save the reason").click()
    expect(warnings).to_contain_text("Prescribed anyway: Tolerated")
    assert WarningOverride.objects.get().reason == "Tolerated"


def test_what_is_typed_after_a_click_takes_the_place_of_a_usual_dose(visit):
    form = visit.locator("#visit-prescription")
    form.get_by_label("Drug", exact=True).first.fill("Amoxicillin")
    dose = form.locator('[name="lines-0-strength"]')
    dose.click()
    expect(dose).to_have_value("500 mg")
    visit.keyboard.type("1 g")
    expect(dose).to_have_value("1 g")
    # Another click goes to a place in the text, as in every field.
    dose.click()
    visit.keyboard.press("End")
    visit.keyboard.type(" or 2 g")
    expect(dose).to_have_value("1 g or 2 g")


def test_another_drug_takes_nothing_of_the_one_before(visit):
    form = visit.locator("#visit-prescription")

    def prescribe(drug):
        form.get_by_label("Drug", exact=True).first.fill(drug)
        form.get_by_label("Drug", exact=True).first.press("Tab")

    prescribe("Doxycycline")
    expect(form.locator('[name="lines-0-strength"]')).to_have_value("100 mg")
    form.locator('[name="lines-0-dose"]').fill("half a tablet")
    prescribe("Clobetasol")
    expect(form.locator('[name="lines-0-strength"]')).to_have_value("0.05 %")
    expect(form.locator('[name="lines-0-route"]')).to_have_value("on the skin")
    expect(form.locator('[name="lines-0-dose"]')).to_have_value("half a tablet")
    prescribe("Moon water")
    expect(form.locator('[name="lines-0-strength"]')).to_have_value("")
    expect(form.locator('[name="lines-0-dose"]')).to_have_value("half a tablet")


@pytest.mark.parametrize("typed", ["Clobétasol", "clobetasol", "كلوبيتازول"])
def test_a_french_page_fills_in_french_whatever_language_the_drug_is_typed_in(visit, doctor, typed):
    doctor.language = "fr"
    doctor.save()
    visit.reload()
    line = visit.locator("#visit-prescription [data-line]").first
    drug = line.locator('[name="lines-0-drug"]')
    drug.fill("Ibuprofène")
    drug.press("Tab")
    expect(line.locator('[name="lines-0-route"]')).to_have_value("par voie orale")
    # As the page in English would have filled it in.
    line.locator('[name="lines-0-form"]').evaluate("field => { field.value = 'tablet' }")
    drug.fill(typed)
    drug.press("Tab")
    for field, words in {
        "form": "pommade",
        "strength": "0,05 %",
        "route": "sur la peau",
        "dose": "une couche mince",
    }.items():
        expect(line.locator(f'[name="lines-0-{field}"]')).to_have_value(words)
    expect(drug).to_have_value(typed)


def test_templates_are_inserted_in_two_clicks_and_what_is_typed_stays(visit):
    notes, form = visit.locator("#visit-notes"), visit.locator("#visit-prescription")
    plan = notes.get_by_label("Plan")
    plan.fill("Photograph.")
    notes.locator("summary", has_text="Templates").click()
    notes.get_by_role("button", name="Nevus").click()
    expect(plan).to_have_value("Photograph.\nWatch it.")
    expect(notes.locator("[data-autosave-state]")).to_contain_text("Saved")
    form.locator("summary", has_text="Templates").click()
    form.get_by_role("button", name="Rosacea").click()
    expect(form.locator('[name="lines-0-drug"]')).to_have_value("Doxycycline")
    expect(form.locator("[data-autosave-state]")).to_contain_text("Saved")
    assert PrescriptionLine.objects.get().drug == "Doxycycline"


def test_what_stands_in_the_notes_becomes_a_template(visit):
    notes = visit.locator("#visit-notes")
    notes.get_by_label("Examination").fill("Regular network.")
    notes.locator("summary", has_text="Templates").click()
    notes.locator("summary", has_text="Save as template").click()
    notes.get_by_label("Name of the template").fill("Network")
    notes.get_by_role("button", name="Save as template").click()
    expect(notes).to_contain_text("Saved as “Network”.")
    expect(notes.get_by_role("button", name="Network")).to_be_visible()


def test_an_allergy_noted_in_the_card_warns_beside_the_prescription(visit):
    form, card = visit.locator("#visit-prescription"), visit.locator("#visit-card")
    form.get_by_label("Drug", exact=True).first.fill("Ibuprofen")
    form.get_by_label("Drug", exact=True).first.press("Tab")
    card.locator("summary", has_text="Allergies, conditions").click()
    card.locator("summary", has_text="Add an allergy").click()
    card.get_by_label("Substance").fill("Ibuprofen")
    card.get_by_role("button", name="Add", exact=True).first.click()
    expect(visit.locator("#visit-warnings")).to_contain_text("Ibuprofen contains ibuprofen.")
    expect(card.locator(".allergy-bar")).to_contain_text("Ibuprofen")


def test_a_check_that_a_save_overtakes_is_made_again(visit):
    checks = []

    def hold_the_first(route):
        checks.append(route)
        if len(checks) > 1:
            route.continue_()

    form = visit.locator("#visit-prescription")
    for name, text in {"drug": "Ibuprofen", "dose": "1 tablet", "frequency": "daily"}.items():
        form.locator(f'[name="lines-0-{name}"]').fill(text)
    form.locator('[name="lines-0-frequency"]').press("Tab")
    visit.wait_for_load_state("networkidle")
    visit.route("**/warnings/", hold_the_first)
    form.get_by_label("Duration").first.fill("7 days")
    form.get_by_role("button", name="Save draft").click()
    expect(form).to_contain_text("Saved")
    warnings = visit.locator("#visit-warnings")
    expect(warnings.get_by_role("button", name="Confirm what I checked")).to_be_visible()
