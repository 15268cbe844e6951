"""A reminder's link: no password, one reply, and opening it changes nothing."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.models import Appointment, AppointmentNotice, Consent
from clinic.scheduling.services.messages import send_notice
from clinic.scheduling.services.reply_links import answer_address
from tests.clinic.desk import at_once, booked, in_status
from tests.clinic.portal import decide
from tests.factories import ConsentFactory
from tests.mailbox import link_in

Status = Appointment.Status


@pytest.fixture(autouse=True)
def _site(settings, db):
    settings.SITE_URL = "http://testserver"
    decide(phone="+33123456789")


@pytest.fixture
def reminder(doctor, patient):
    return remind(doctor, patient, hours=47)


def remind(doctor, patient, *, hours):
    start = timezone.now().replace(second=0, microsecond=0) + timedelta(hours=hours)
    appointment = booked(doctor, patient, start)
    return AppointmentNotice.objects.create(
        appointment=appointment, kind="first_reminder", channel="email", starts_at=start
    )


def link(notice):
    return answer_address(notice).removeprefix("http://testserver")


def answer(notice, word):
    return Client().post(link(notice), {"answer": word})


def status_of(notice):
    return Appointment.objects.get(pk=notice.appointment_id).status


def test_the_reminder_carries_the_link_and_nothing_of_the_patient(reminder, patient, secretary):
    ConsentFactory(patient=patient, purpose=Consent.Purpose.REMINDERS, recorded_by=secretary)
    send_notice(notice_id=reminder.pk)
    (message,) = mail.outbox
    path = link_in(message)
    assert path == link(reminder)
    for secret in (str(patient.pk), patient.record_number, str(reminder.appointment_id)):
        assert secret not in path


def test_a_mail_program_that_opens_the_link_changes_nothing(reminder, patient):
    for read in (Client().get, Client().head, Client().get):
        assert read(link(reminder)).status_code == 200
    assert status_of(reminder) == Status.BOOKED
    page = Client().get(link(reminder)).content.decode()
    assert "Dr Dora Doctor" in page
    assert "I am coming" in page
    for secret in (patient.full_name, patient.record_number, "Follow-up"):
        assert secret not in page


def test_the_patient_confirms(reminder):
    response = answer(reminder, "confirm")
    assert "Thank you, we expect you" in response.content.decode()
    assert status_of(reminder) == Status.CONFIRMED
    assert reminder.appointment.transitions.get().made_by is None


def test_the_patient_cancels_and_hears_of_it(reminder):
    response = answer(reminder, "cancel")
    assert "Your visit is cancelled" in response.content.decode()
    assert status_of(reminder) == Status.CANCELLED
    assert reminder.appointment.notices.filter(kind="cancelled").exists()


def test_the_link_works_once(reminder):
    answer(reminder, "confirm")
    response = answer(reminder, "cancel")
    assert response.status_code == 409
    assert "You have already answered with this link" in response.content.decode()
    assert status_of(reminder) == Status.CONFIRMED
    assert "answered with this link" in Client().get(link(reminder)).content.decode()


def test_the_second_reminder_may_still_cancel_what_the_first_confirmed(reminder):
    answer(reminder, "confirm")
    second = AppointmentNotice.objects.create(
        appointment=reminder.appointment,
        kind="last_reminder",
        channel="email",
        starts_at=reminder.starts_at,
    )
    page = Client().get(link(second)).content.decode()
    assert "I am coming" not in page
    answer(second, "cancel")
    assert status_of(second) == Status.CANCELLED


def test_who_cancels_too_late_is_asked_to_call_and_may_still_confirm(doctor, patient):
    late = remind(doctor, patient, hours=2)
    assert "Cancel the visit" not in Client().get(link(late)).content.decode()
    response = answer(late, "cancel")
    assert response.status_code == 409
    assert "Please call us on +33 1 23 45 67 89" in response.content.decode()
    assert status_of(late) == Status.BOOKED
    answer(late, "confirm")
    assert status_of(late) == Status.CONFIRMED


def test_the_link_ends_when_the_visit_begins(doctor, patient):
    over = remind(doctor, patient, hours=-1)
    assert Client().get(link(over)).status_code == 410
    assert answer(over, "confirm").status_code == 409
    assert status_of(over) == Status.BOOKED


@pytest.mark.parametrize("status", ["cancelled", "rescheduled", "arrived"])
def test_a_visit_that_no_longer_stands_is_not_answered(reminder, status):
    in_status(reminder.appointment, status)
    assert "no longer valid" in Client().get(link(reminder)).content.decode()
    assert answer(reminder, "confirm").status_code == 409
    assert status_of(reminder) == status


def test_nobody_makes_a_link(reminder):
    forged = reverse("clinic:reminder_answer", args=[f"{reminder.pk}.forged"])
    for response in (Client().get(forged), Client().post(forged, {"answer": "cancel"})):
        assert response.status_code == 404
    assert status_of(reminder) == Status.BOOKED


def test_a_confirmation_mail_has_no_such_link(reminder):
    AppointmentNotice.objects.filter(pk=reminder.pk).update(kind="booked")
    assert Client().get(link(reminder)).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once_are_one(doctor, patient):
    decide()
    reminder = remind(doctor, patient, hours=47)
    words = ["confirm", "cancel"]

    responses = at_once(2, lambda number: answer(reminder, words[number]))

    assert sorted(response.status_code for response in responses) == [200, 409]
    assert reminder.appointment.transitions.count() == 1


@pytest.mark.parametrize("path", ["/answer/1.forged/", "/verify/guessed/"])
def test_whoever_guesses_addresses_is_slowed_down(path):
    cache.clear()
    client = Client()
    statuses = {client.get(path).status_code for _number in range(60)}
    assert statuses == {404}
    response = client.get(path)
    assert response.status_code == 429
    assert "Too many attempts" in response.content.decode()


def test_the_right_link_opens_whatever_others_guess_from_the_same_address(reminder):
    for _number in range(61):
        guessed = Client().get("/answer/1.forged/")
    assert guessed.status_code == 429
    assert answer(reminder, "confirm").status_code == 200
