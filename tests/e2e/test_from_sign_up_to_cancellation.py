"""A patient registers with a code from an email, books a free time and cancels it again."""

import re

import pytest
from django.core import mail

from clinic.models import Appointment, User
from tests.clinic.desk import coming, works
from tests.clinic.portal import decide
from tests.factories import PASSWORD


@pytest.fixture
def day(transactional_db, doctor):
    decide(is_sign_up_open=True, portal_booking="instant")
    day = coming(0)
    works(doctor, day)
    return day


def code_of_the_mail():
    (code,) = re.findall(r"^\d{6}$", mail.outbox[-1].body, re.MULTILINE)
    return code


def test_a_patient_registers_books_and_cancels(open_browser, day):
    page = open_browser("patient")
    page.get_by_role("link", name="Register as a patient").click()
    page.get_by_label("Email").fill("nina@example.org")
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code").wait_for()
    page.get_by_label("Code").fill(code_of_the_mail())
    page.get_by_role("button", name="Continue").click()

    page.get_by_label("Full name").fill("Nina Neu")
    page.get_by_label("Date of birth").fill("1991-02-03")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Register").click()

    page.get_by_role("link", name="Book a visit").click()
    page.get_by_label("Day", exact=True).fill(day.isoformat())
    page.get_by_role("button", name="Show free times").click()
    page.get_by_role("button", name="09:15").click()
    page.get_by_role("heading", name="Dr Dora Doctor").wait_for()
    appointment = Appointment.objects.get()
    assert appointment.patient.user == User.objects.get(email="nina@example.org")

    page.get_by_role("button", name=re.compile("^Cancel")).click()
    page.get_by_role("button", name="Cancel the visit").click()
    page.get_by_text("Your appointment is cancelled.").wait_for()
    appointment.refresh_from_db()
    assert appointment.status == Appointment.Status.CANCELLED
