"""Reminders: two before a visit, each once, only to patients who agreed and are expected."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from clinic.models import Appointment, AppointmentNotice, Consent
from clinic.people.services.consents import withdraw_consent
from clinic.scheduling.services import messages
from clinic.scheduling.services.appointments import move_appointment, reschedule_appointment
from clinic.scheduling.services.messages import dispatch_due_notices, send_notice
from clinic.tasks import dispatch_due_notices_task
from tests.clinic.desk import at, at_once, booked, coming, works
from tests.factories import ConsentFactory

pytestmark = [pytest.mark.both_engines, pytest.mark.usefixtures("sent_at_once")]

Status = AppointmentNotice.Status


class FakeSms:
    """A provider that keeps the messages it gets."""

    sent = []

    def send(self, *, to, text):
        self.sent.append((to, text))


class DeadSms:
    """A provider that does not answer."""

    def send(self, *, to, text):
        raise ConnectionError(f"no answer for {to}")


@pytest.fixture
def agrees(patient, secretary):
    return ConsentFactory(patient=patient, purpose=Consent.Purpose.REMINDERS, recorded_by=secretary)


@pytest.fixture
def sms(settings):
    settings.SMS_BACKEND = "tests.clinic.scheduling.test_reminders.FakeSms"
    FakeSms.sent.clear()
    return FakeSms.sent


@pytest.fixture
def visit_in(doctor, patient):
    """Return a visit this many hours ahead, booked this many hours ago."""

    def _visit_in(hours, *, booked_hours_ago=240, **fields):
        starts_at = timezone.now() + timedelta(hours=hours)
        appointment = booked(doctor, patient, starts_at, **fields)
        created_at = timezone.now() - timedelta(hours=booked_hours_ago)
        Appointment.objects.filter(pk=appointment.pk).update(created_at=created_at)
        return appointment

    return _visit_in


def kinds(appointment):
    return [notice.kind for notice in appointment.notices.all()]


@pytest.mark.parametrize(
    ("hours", "due"),
    [
        (49, []),
        (47.9, ["first_reminder"]),
        (3, ["first_reminder"]),
        (1.9, ["last_reminder"]),
        (0.1, ["last_reminder"]),
        (-0.1, []),
    ],
)
def test_a_reminder_comes_when_it_is_due(agrees, visit_in, hours, due):
    appointment = visit_in(hours)
    for _sweep in range(3):
        dispatch_due_notices_task()
    assert kinds(appointment) == due
    assert len(mail.outbox) == len(due)


def test_both_reminders_come_in_their_turn(agrees, visit_in, monkeypatch):
    appointment = visit_in(47)
    dispatch_due_notices()
    later = timezone.now() + timedelta(hours=46)
    monkeypatch.setattr(timezone, "now", lambda: later)
    dispatch_due_notices()
    assert kinds(appointment) == ["first_reminder", "last_reminder"]
    assert len(mail.outbox) == 2


@pytest.mark.parametrize(
    ("hours", "booked_hours_ago", "due"),
    [
        (30, 1, []),
        (30, 17, []),
        (30, 19, ["first_reminder"]),
        (1.5, 0.2, []),
        (1.5, 20, ["last_reminder"]),
    ],
)
def test_who_books_late_gets_what_is_still_due(agrees, visit_in, hours, booked_hours_ago, due):
    appointment = visit_in(hours, booked_hours_ago=booked_hours_ago)
    dispatch_due_notices()
    assert kinds(appointment) == due


def test_a_request_granted_late_counts_as_booked_late(agrees, visit_in, secretary):
    appointment = visit_in(30, status="requested")
    move_appointment(appointment=appointment, status="booked", actor=secretary)
    mail.outbox.clear()
    dispatch_due_notices()
    assert "first_reminder" not in kinds(appointment)


def test_without_consent_there_is_no_reminder(visit_in):
    appointment = visit_in(40)
    dispatch_due_notices()
    assert kinds(appointment) == []


def test_a_withdrawn_consent_ends_the_reminders(agrees, visit_in, secretary):
    withdraw_consent(consent=agrees, actor=secretary)
    appointment = visit_in(40)
    dispatch_due_notices()
    assert kinds(appointment) == []


def test_a_consent_withdrawn_in_the_last_moment_still_counts(
    agrees, visit_in, secretary, monkeypatch
):
    waiting = []
    monkeypatch.setattr(
        messages, "send_soon", lambda task, notice_id, **options: waiting.append(notice_id)
    )
    appointment = visit_in(40)
    dispatch_due_notices()
    withdraw_consent(consent=agrees, actor=secretary)
    send_notice(notice_id=waiting[0])
    assert appointment.notices.get().status == Status.SKIPPED
    assert mail.outbox == []


@pytest.mark.parametrize(
    "status", sorted(set(Appointment.Status) - set(Appointment.EXPECTED_STATUSES))
)
def test_who_is_not_expected_is_not_reminded(agrees, visit_in, status):
    appointment = visit_in(40, status=status)
    dispatch_due_notices()
    assert kinds(appointment) == []


def test_a_moved_appointment_gets_new_reminders(agrees, visit_in, doctor, secretary, monkeypatch):
    appointment = visit_in(40)
    dispatch_due_notices()
    day = coming(0) + timedelta(days=7)
    works(doctor, day)
    moved = reschedule_appointment(
        appointment=appointment, doctor=doctor.doctor, starts_at=at(day, "09:00"), actor=secretary
    )
    now = moved.starts_at - timedelta(hours=47)
    monkeypatch.setattr(timezone, "now", lambda: now)
    dispatch_due_notices()
    assert kinds(moved) == ["moved", "first_reminder"]
    assert kinds(appointment) == ["first_reminder"]


def test_a_reminder_says_when_and_nothing_clinical(agrees, visit_in, settings):
    settings.CLINIC_PHONE = "+33 1 23 45 67 89"
    appointment = visit_in(40, note="Fears a melanoma")
    dispatch_due_notices()
    (message,) = mail.outbox
    when = f"{timezone.localtime(appointment.starts_at):%H:%M}"
    for text in (message.body, message.alternatives[0][0]):
        assert when in text
        assert settings.CLINIC_PHONE in text
        assert "melanoma" not in text
        assert str(appointment.visit_type) not in text
    assert message.attachments == []


def test_a_text_message_goes_beside_the_mail(agrees, visit_in, sms, settings):
    appointment = visit_in(40)
    for _sweep in range(2):
        dispatch_due_notices()
    ((number, text),) = sms
    assert number == "+33612345678"
    assert text.startswith(f"{settings.CLINIC_NAME}: your visit is on ")
    assert "Paul" not in text
    assert "\n" not in text
    assert {notice.channel for notice in appointment.notices.all()} == {"email", "sms"}


def test_without_a_provider_there_are_no_text_messages(agrees, visit_in, settings):
    assert settings.SMS_BACKEND == ""
    appointment = visit_in(40)
    dispatch_due_notices()
    assert [notice.channel for notice in appointment.notices.all()] == ["email"]


def test_a_provider_that_is_down_is_tried_again_and_the_number_is_not_logged(
    agrees, visit_in, settings, caplog
):
    settings.SMS_BACKEND = "tests.clinic.scheduling.test_reminders.DeadSms"
    appointment = visit_in(40)
    dispatch_due_notices()
    notice = appointment.notices.get(channel="sms")
    assert (notice.status, notice.tries) == (Status.WAITING, 1)
    assert notice.due_at > timezone.now()
    assert "+336" not in caplog.text


def test_the_console_prints_text_messages(agrees, visit_in, settings, capsys):
    settings.SMS_BACKEND = "clinic.core.sms.ConsoleSms"
    visit_in(40)
    dispatch_due_notices()
    assert "Text message to +33612345678: " in capsys.readouterr().out


@pytest.mark.parametrize("email", ["", "p@example.org"])
@pytest.mark.parametrize("phone", ["", "+33612345678"])
def test_who_cannot_be_reached_by_a_channel_is_left_alone_on_it(
    agrees, visit_in, sms, patient, email, phone
):
    type(patient).objects.filter(pk=patient.pk).update(email=email, phone=phone)
    visit_in(40)
    dispatch_due_notices()
    assert (len(mail.outbox), len(sms)) == (bool(email), bool(phone))


@pytest.mark.django_db(transaction=True)
def test_sweeps_at_once_send_one_reminder(agrees, visit_in):
    appointment = visit_in(40)
    at_once(4, lambda _number: dispatch_due_notices())
    assert kinds(appointment) == ["first_reminder"]
    assert len(mail.outbox) == 1


def test_the_sweep_takes_few_queries(agrees, visit_in, django_assert_max_num_queries):
    for hours in range(10, 40):
        visit_in(hours)
    AppointmentNotice.objects.all().delete()
    dispatch_due_notices()
    with django_assert_max_num_queries(6):
        dispatch_due_notices()


def test_a_patient_who_wants_no_reminders_there_gets_none(agrees, visit_in, patient, sms):
    patient.has_email_reminders = False
    patient.save()
    visit_in(30)
    dispatch_due_notices()
    assert mail.outbox == []
    assert len(sms) == 1


def test_a_reminder_that_is_unwanted_when_it_leaves_is_left_out(agrees, visit_in, patient):
    appointment = visit_in(30)
    notice = AppointmentNotice.objects.create(
        appointment=appointment,
        kind="first_reminder",
        channel="email",
        starts_at=appointment.starts_at,
    )
    patient.has_email_reminders = False
    patient.save()
    send_notice(notice_id=notice.pk)
    notice.refresh_from_db()
    assert (notice.status, mail.outbox) == (Status.SKIPPED, [])
