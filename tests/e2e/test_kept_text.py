"""Typed text survives the end of a session, a crash of the browser and a lost connection."""

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from clinic.models import Patient, UnsentForm, User
from tests.e2e.door import come_in
from tests.factories import PatientFactory, UserFactory
from tests.worker import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

REGISTER = reverse("clinic:patient_register")
BOOK = reverse("clinic:appointment_book")
KEPT = "We kept what you typed at"


@pytest.fixture
def register(browser_of, secretary):
    """Return the desk's browser on a registration that is half typed."""
    page = browser_of(secretary)
    page.goto(REGISTER)
    type_half(page)
    return page


def type_half(page):
    page.get_by_label("Full name").press_sequentially("Paula Half")
    page.get_by_label("Phone").first.press_sequentially("+49 30 1234567")
    page.get_by_label("Sex").select_option("female")
    wait_until(kept_fields, what="the text is kept")


def kept_fields():
    """Return the kept fields, once the last of them is among them."""
    row = UnsentForm.objects.first()
    return row and row.fields.get("sex") == "female" and row.fields


def is_filled(page):
    expect(page.get_by_text(KEPT)).to_be_visible()
    expect(page.get_by_label("Full name")).to_have_value("Paula Half")
    expect(page.get_by_label("Phone").first).to_have_value("+49 30 1234567")
    expect(page.get_by_label("Sex")).to_have_value("female")


def test_a_crash_of_the_browser_and_the_end_of_the_session_lose_nothing(
    register, open_browser, secretary
):
    assert "Paula" not in register.evaluate("JSON.stringify([localStorage, sessionStorage])")
    register.context.close()
    Session.objects.all().delete()

    page = open_browser("again")
    come_in(page, secretary.email)
    page.goto(REGISTER)
    is_filled(page)


def test_somebody_else_at_the_same_computer_sees_nothing(register, open_browser, db):
    other = UserFactory(role=User.Role.SECRETARY)
    register.context.close()
    page = open_browser("another")
    come_in(page, other.email)
    page.goto(REGISTER)
    page.wait_for_load_state("networkidle")
    expect(page.get_by_label("Full name")).to_have_value("")


def test_a_lost_connection_keeps_the_page_and_sends_when_it_is_back(register, expected_errors):
    expected_errors += ["ERR_INTERNET_DISCONNECTED", "htmx:"]
    register.get_by_label("Date of birth").fill("1980-11-15")
    register.context.set_offline(True)
    register.get_by_label("Full name").fill("Paula Half Way")
    register.get_by_role("button", name="Register", exact=True).click()
    expect(register.get_by_text("The clinic cannot be reached.")).to_be_visible()
    expect(register.get_by_label("Full name")).to_have_value("Paula Half Way")

    register.context.set_offline(False)
    wait_until(
        lambda: UnsentForm.objects.get().fields["full_name"] == "Paula Half Way",
        what="the rest is kept",
    )


def test_what_is_sent_is_no_longer_kept(register):
    register.get_by_label("Date of birth").fill("1980-11-15")
    register.get_by_role("button", name="Register", exact=True).click()
    expect(register.get_by_role("heading", name="Paula Half")).to_be_visible()

    assert Patient.objects.filter(full_name="Paula Half").exists()
    assert not UnsentForm.objects.exists()
    register.goto(REGISTER)
    register.wait_for_load_state("networkidle")
    expect(register.get_by_label("Full name")).to_have_value("")


def test_what_is_discarded_is_no_longer_kept(register):
    register.reload()
    is_filled(register)
    register.get_by_role("button", name="Discard it").click()
    expect(register.get_by_label("Full name")).to_have_value("")
    expect(register.get_by_text(KEPT)).not_to_be_visible()
    wait_until(lambda: not UnsentForm.objects.exists(), what="it is forgotten")


def choose(page, name):
    """Find a patient and choose them for the booking."""
    page.get_by_label("Find a patient").fill(name)
    page.get_by_role("radio", name=name).check()


def kept_note():
    row = UnsentForm.objects.first()
    return row and row.fields.get("note") == "Brings her mother"


def test_a_text_about_a_patient_comes_back_for_that_patient_alone(browser_of, secretary):
    for name in ("Paula Half", "Olga Other"):
        PatientFactory(full_name=name)
    page = browser_of(secretary)
    page.goto(BOOK)
    note = page.get_by_label("Note for the desk")
    note.press_sequentially("Brings her mother")
    wait_until(kept_note, what="the note is kept")
    # From now on it is about Paula.
    before = UnsentForm.objects.get().place
    choose(page, "Paula Half")
    wait_until(
        lambda: [row.place for row in UnsentForm.objects.all()] not in ([], [before]),
        what="the note is kept for the patient",
    )
    assert UnsentForm.objects.count() == 1

    page.reload()
    page.wait_for_load_state("networkidle")
    expect(note).to_have_value("")
    choose(page, "Olga Other")
    page.wait_for_load_state("networkidle")
    expect(note).to_have_value("")
    choose(page, "Paula Half")
    expect(note).to_have_value("Brings her mother")
    expect(page.get_by_text(KEPT)).to_be_visible()
