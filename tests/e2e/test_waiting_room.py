"""The board and the screen follow the day by themselves, and nobody loses their place."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from clinic.records.services.consultations import open_visit
from clinic.scheduling.services.appointments import move_appointment
from clinic.scheduling.services.waiting_screen import renew_screen
from tests.clinic.desk import booked
from tests.e2e.door import come_in

pytestmark = pytest.mark.django_db(transaction=True)

# The board and the screen poll every ten seconds.
SOON_MS = 15_000


def test_the_board_and_the_screen_follow_without_a_reload(
    open_browser, secretary, doctor, patient, other_doctor, other_patient
):
    now = timezone.now().replace(second=0, microsecond=0)
    comes = booked(doctor, patient, now)
    booked(other_doctor, other_patient, now)
    address = reverse("clinic:waiting_screen", args=[renew_screen(actor=secretary)])
    desk = open_browser("desk")
    come_in(desk, secretary.email)
    desk.get_by_role("link", name="Waiting room").first.click()
    screen = open_browser("screen")
    screen.goto(address)
    for page in (desk, screen):
        page.evaluate("window.isTheSamePage = true")
    in_hand = desk.get_by_role("button", name=f"Arrived {other_patient.full_name}")
    in_hand.focus()

    move_appointment(appointment=comes, status="arrived", actor=secretary)

    card = desk.locator(f"#appointment-{comes.pk}")
    expect(card).to_contain_text("A-01", timeout=SOON_MS)
    expect(card).to_contain_text("waiting 0 min")
    expect(in_hand).to_be_focused()
    expect(screen.locator(".screen-lines")).to_contain_text("A-01", timeout=SOON_MS)

    open_visit(appointment=comes, actor=doctor)

    expect(screen.locator(".screen-call")).to_contain_text("A-01", timeout=SOON_MS)
    expect(screen.locator(".screen-call")).to_contain_text("Dr Dora Doctor")
    in_hand.press("Enter")
    expect(desk.get_by_role("link", name=other_patient.full_name)).to_be_focused()
    expect(desk.get_by_role("button", name=f"Undo {other_patient.full_name}")).to_be_visible()
    for page in (desk, screen):
        assert page.evaluate("window.isTheSamePage")


def test_a_screen_whose_address_was_revoked_goes_dark(
    open_browser, secretary, doctor, patient, expected_errors
):
    expected_errors.append("404")
    expected_errors.append("Response Status Error Code 404")
    arrived = booked(doctor, patient, timezone.now().replace(second=0, microsecond=0))
    move_appointment(appointment=arrived, status="arrived", actor=secretary)
    screen = open_browser("screen")
    screen.goto(reverse("clinic:waiting_screen", args=[renew_screen(actor=secretary)]))
    expect(screen.locator("#state")).to_contain_text("A-01")

    renew_screen(actor=secretary)

    expect(screen.get_by_role("alert")).to_contain_text("Please ask at the desk", timeout=SOON_MS)
    expect(screen.locator("#state")).to_be_empty()
