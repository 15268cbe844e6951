"""The paper with the code that opens a record: where it is offered, and that it is shown once."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from clinic.models import Appointment, Patient, RecordCode
from clinic.people.services.record_access import LETTERS
from tests.factories import PASSWORD, AppointmentFactory, ConsultationFactory, PatientFactory

CODE = re.compile(rf"[{LETTERS}]{{5}}-[{LETTERS}]{{5}}")
MY_CODE = reverse("clinic:my_record_code")
MY_VISITS = reverse("clinic:my_appointments")
OFFER = "Print an access code"


@pytest.fixture
def visit(doctor):
    """Return a visit today of a patient who reads French and has no login yet."""
    known = PatientFactory(full_name="Paul Patient", email="paul@example.org", language="fr")
    appointment = AppointmentFactory(
        doctor=doctor.doctor, patient=known, status=Appointment.Status.IN_CONSULTATION
    )
    return ConsultationFactory(appointment=appointment)


@pytest.fixture
def surgery(sign_in, doctor):
    """Return the doctor's browser."""
    return sign_in(doctor)


def sign(visit, doctor):
    visit.signed_at, visit.signed_by = timezone.now(), doctor
    visit.save()


def printed(browser, patient):
    """Return the page to print, as a browser gets it."""
    return browser.post(reverse("clinic:record_code_hand_out", args=[patient.pk]), follow=True)


def test_the_paper_speaks_the_patients_language_and_names_the_address(surgery, visit):
    page = printed(surgery, visit.patient).content.decode()
    paper = page[page.index('<section class="card-block"') : page.index("</section>")]
    assert 'lang="fr"' in paper
    assert "Votre code d’accès" in paper
    assert f"http://testserver{MY_CODE}" in paper
    # The doctor's own part stays in the doctor's language.
    assert "the code is shown only once" in page


def test_the_paper_reads_from_right_to_left_where_the_patient_does(surgery, visit):
    Patient.objects.update(language="ar")
    page = printed(surgery, visit.patient).content.decode()
    assert re.search(r'lang="ar"\s+dir="rtl"', page)


def test_a_reload_shows_no_code_and_makes_none(surgery, visit):
    page = printed(surgery, visit.patient)
    assert page.redirect_chain == [(reverse("clinic:record_code", args=[visit.patient.pk]), 302)]
    assert "no-store" in page["Cache-Control"]
    (code,) = set(CODE.findall(page.content.decode()))

    again = surgery.get(page.redirect_chain[-1][0]).content.decode()

    assert code not in again
    assert not CODE.search(again)
    assert "The code was shown once and is not stored." in again
    assert RecordCode.objects.count() == 1


def test_a_code_that_waits_to_be_shown_lies_nowhere_in_plain(surgery, visit):
    surgery.post(reverse("clinic:record_code_hand_out", args=[visit.patient.pk]))
    kept = str([session.get_decoded() for session in Session.objects.all()])
    page = surgery.get(reverse("clinic:record_code", args=[visit.patient.pk])).content.decode()
    (code,) = set(CODE.findall(page))
    assert code not in kept
    assert f"record_code:{visit.patient.pk}" in kept


def test_the_papers_of_two_patients_are_not_mixed_up(surgery, visit, doctor):
    other = ConsultationFactory(
        appointment=AppointmentFactory(
            doctor=doctor.doctor,
            status=Appointment.Status.COMPLETED,
            starts_at=visit.appointment.starts_at - timedelta(hours=1),
        )
    )
    for each in (visit, other):
        surgery.post(reverse("clinic:record_code_hand_out", args=[each.patient.pk]))
    codes = [
        CODE.search(
            surgery.get(reverse("clinic:record_code", args=[each.patient.pk])).content.decode()
        )[0]
        for each in (visit, other)
    ]
    assert len(set(codes)) == 2


def test_the_visit_offers_the_paper_before_and_after_it_is_signed(surgery, visit, doctor):
    side = reverse("clinic:visit_patient", args=[visit.pk])
    whole = reverse("diagnosis:visit", args=[visit.pk])
    assert OFFER in surgery.get(side).content.decode()
    sign(visit, doctor)
    letters = reverse("diagnosis:visit_letters", args=[visit.pk])
    for url in (side, whole, letters):
        assert OFFER in surgery.get(url).content.decode(), url


def test_nobody_is_offered_a_paper_who_may_not_print_it(surgery, visit, doctor):
    sign(visit, doctor)
    pages = [
        reverse("clinic:visit_patient", args=[visit.pk]),
        reverse("diagnosis:visit", args=[visit.pk]),
        reverse("diagnosis:visit_letters", args=[visit.pk]),
        reverse("clinic:patient_detail", args=[visit.patient.pk]),
    ]
    type(visit).objects.update(started_at=timezone.now() - timedelta(days=2))
    for url in pages:
        assert OFFER not in surgery.get(url).content.decode(), url


def test_no_paper_is_offered_for_a_record_that_is_open(surgery, doctor, patient):
    appointment = AppointmentFactory(
        doctor=doctor.doctor, patient=patient, status=Appointment.Status.IN_CONSULTATION
    )
    visit = ConsultationFactory(appointment=appointment)
    page = surgery.get(reverse("clinic:visit_patient", args=[visit.pk])).content.decode()
    assert OFFER not in page


def test_the_paper_leads_back_to_the_visit(surgery, visit):
    page = printed(surgery, visit.patient).content.decode()
    assert reverse("diagnosis:visit", args=[visit.pk]) in page


def test_the_invitation_says_that_a_code_is_needed_and_where_to_type_it(desk, visit):
    Patient.objects.update(language="en")
    desk.post(reverse("clinic:patient_invite", args=[visit.patient.pk]))
    (message,) = mail.outbox
    for words in (message.body, message.alternatives[0].content):
        assert "a code that your doctor gives you on paper at a visit" in words
        assert "choose “Record” and type it there" in words


def test_the_invitation_of_staff_speaks_of_no_code(sign_in, admin):
    said = {"role": "secretary", "full_name": "Nora New", "email": "nora@example.org"}
    said |= {"language": "en", "password": PASSWORD}
    sign_in(admin).post(reverse("clinic:account_create"), said)
    (message,) = [each for each in mail.outbox if each.to == ["nora@example.org"]]
    assert "code" not in message.body


def test_my_visits_say_that_a_code_is_needed_until_it_was_typed(portal, patient):
    assert MY_CODE not in portal.get(MY_VISITS).content.decode()
    Patient.objects.update(record_opened_at=None, record_opened_how="")
    page = portal.get(MY_VISITS).content.decode()
    assert "a code that your doctor gives you on paper at a visit" in page
    assert f'href="{MY_CODE}"' in page
