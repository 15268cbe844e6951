"""Emails when an appointment is booked, moved or cancelled: each once, with its calendar file."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from clinic.models import Appointment, AppointmentNotice
from clinic.scheduling.services import messages
from clinic.scheduling.services import messages as notices
from clinic.scheduling.services.appointments import (
    Booking,
    book_appointment,
    move_appointment,
    reschedule_appointment,
)
from clinic.scheduling.services.booking_guards import SlotRefusedError
from clinic.scheduling.services.messages import dispatch_due_notices, send_notice
from clinic.tasks import send_notice_task
from tests.calendar_files import event_of, file_in
from tests.clinic.desk import at, at_once, booked, coming, in_status, visit_type
from tests.factories import AvailabilityFactory
from tests.mailbox import DEAD_MAIL_SERVER

Status = AppointmentNotice.Status
CLINICAL_WORDS = ("mole", "lesion", "melanoma", "dermat", "diagnos", "skin check", "follow-up")


@pytest.fixture
def book(doctor, patient, secretary, day):
    """Book the patient at a time of day."""

    def _book(clock="09:00", **fields):
        booking = Booking(
            patient=patient,
            doctor=doctor.doctor,
            visit_type=visit_type(),
            starts_at=at(day, clock),
            **fields,
        )
        return book_appointment(booking=booking, actor=secretary)

    return _book


@pytest.fixture
def in_the_past():
    """Make the messages that wait for another try due."""

    def _in_the_past():
        AppointmentNotice.objects.update(due_at=timezone.now() - timedelta(seconds=1))

    return _in_the_past


def notice_of(appointment, kind="booked"):
    return AppointmentNotice.objects.get(appointment=appointment, kind=kind)


def test_a_booking_is_confirmed_by_mail_with_a_calendar_file(
    sent_at_once, book, patient, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        appointment = book()
        assert mail.outbox == [], "nothing leaves before the booking holds"
    (message,) = mail.outbox
    assert message.to == [patient.email]
    assert message.subject.startswith("Your visit on ")
    for text in (message.body, message.alternatives[0][0]):
        assert "Dear Paul Patient," in text
        assert "09:00" in text
        assert "Dr Dora Doctor" in text
    content, declared = file_in(message)
    method, event = event_of(content)
    assert declared == method == "REQUEST"
    assert event["dtstart"].dt == appointment.starts_at
    assert event["attendee"] == f"mailto:{patient.email}"
    assert notice_of(appointment).status == Status.SENT


def test_a_booking_that_fails_sends_nothing(
    sent_at_once, book, patient, other_patient, doctor, day, django_capture_on_commit_callbacks
):
    booked(doctor, other_patient, at(day, "09:00"))
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(SlotRefusedError):
        book()
    assert mail.outbox == []
    assert not AppointmentNotice.objects.exists()


def test_a_move_is_told_with_both_times(
    sent_at_once, book, doctor, secretary, day, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        appointment = book()
    with django_capture_on_commit_callbacks(execute=True):
        moved = reschedule_appointment(
            appointment=appointment,
            doctor=doctor.doctor,
            starts_at=at(day, "11:00"),
            actor=secretary,
        )
    before, after = mail.outbox
    assert "New time for your visit" in after.subject
    assert "09:00 has been moved" in after.body
    assert "11:00" in after.body
    (_method, old), (_method, new) = event_of(file_in(before)[0]), event_of(file_in(after)[0])
    assert new["uid"] == old["uid"]
    assert new["sequence"] > old["sequence"]
    assert new["dtstart"].dt == moved.starts_at


def test_a_cancellation_takes_the_visit_out_of_the_calendar(
    sent_at_once, book, secretary, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        appointment = book()
    with django_capture_on_commit_callbacks(execute=True):
        move_appointment(
            appointment=appointment, status="cancelled", actor=secretary, reason="Doctor is ill"
        )
    message = mail.outbox[-1]
    assert message.subject.startswith("Cancelled: your visit on ")
    assert "Doctor is ill" not in message.body
    content, declared = file_in(message)
    assert declared == event_of(content)[0] == "CANCEL"


def test_no_message_says_anything_clinical(
    sent_at_once, book, doctor, secretary, day, django_capture_on_commit_callbacks
):
    type(doctor.doctor).objects.update(speciality="Dermatology")
    with django_capture_on_commit_callbacks(execute=True):
        first = book(note="Fears a melanoma", is_urgent=True)
    with django_capture_on_commit_callbacks(execute=True):
        moved = reschedule_appointment(
            appointment=first,
            doctor=doctor.doctor,
            starts_at=at(day, "11:00"),
            actor=secretary,
            reason="Lesion",
        )
    with django_capture_on_commit_callbacks(execute=True):
        move_appointment(
            appointment=moved, status="cancelled", actor=secretary, reason="Mole is gone"
        )
    assert len(mail.outbox) == 3
    for message in mail.outbox:
        everything = message.message().as_string() + message.body + message.alternatives[0][0]
        everything += file_in(message)[0].decode()
        assert not [word for word in CLINICAL_WORDS if word in everything.lower()]


def test_a_message_speaks_the_patients_language(
    sent_at_once, book, patient, settings, monkeypatch, django_capture_on_commit_callbacks
):
    asked = []
    real = notices.send_mail
    monkeypatch.setattr(
        notices,
        "send_mail",
        lambda name, **options: asked.append(options["language"]) or real(name, **options),
    )
    type(patient).objects.filter(pk=patient.pk).update(language="fr")
    with django_capture_on_commit_callbacks(execute=True):
        book()
    assert asked == ["fr"]
    assert len(mail.outbox) == 1


def test_a_patient_without_an_address_gets_no_mail(book, patient):
    patient.email = ""
    patient.save()
    assert not book().notices.exists()


def test_a_granted_request_is_confirmed(book, secretary):
    appointment = in_status(book(), "requested")
    AppointmentNotice.objects.all().delete()
    move_appointment(appointment=appointment, status="booked", actor=secretary)
    assert notice_of(appointment).status == Status.WAITING


def test_an_undone_arrival_is_nobodys_news(book, secretary):
    appointment = book()
    now = timezone.now()
    Appointment.objects.update(starts_at=now, ends_at=now + timedelta(minutes=15))
    appointment.refresh_from_db()
    for status in ("arrived", "booked"):
        move_appointment(appointment=appointment, status=status, actor=secretary)
    assert appointment.notices.count() == 1


def test_what_is_not_true_any_more_is_not_sent(book, secretary):
    appointment = book()
    move_appointment(appointment=appointment, status="cancelled", actor=secretary, reason="Ill")
    for notice in appointment.notices.all():
        send_notice(notice_id=notice.pk)
    assert [message.subject.partition(":")[0] for message in mail.outbox] == ["Cancelled"]
    assert notice_of(appointment).status == Status.SKIPPED


def test_a_slip_of_the_desk_is_told_only_to_who_has_heard_of_it(book, secretary):
    for clock, was_told in (("09:00", True), ("10:00", False)):
        mail.outbox.clear()
        appointment = book(clock)
        if was_told:
            send_notice(notice_id=notice_of(appointment).pk)
        move_appointment(
            appointment=appointment, status="entered_in_error", actor=secretary, reason="Slip"
        )
        send_notice(notice_id=notice_of(appointment, "cancelled").pk)
        assert len(mail.outbox) == 2 * was_told


def test_what_is_past_is_told_to_nobody(doctor, patient, secretary):
    appointment = booked(doctor, patient, at(timezone.localdate(), "00:00"))
    move_appointment(appointment=appointment, status="cancelled", actor=secretary, reason="Ill")
    send_notice(notice_id=notice_of(appointment, "cancelled").pk)
    assert mail.outbox == []


def test_a_message_delivered_twice_is_sent_once(book):
    notice = notice_of(book())
    for _delivery in range(3):
        send_notice(notice_id=notice.pk)
    notice.refresh_from_db()
    assert (len(mail.outbox), notice.tries) == (1, 1)


def test_a_worker_that_dies_while_it_sends_sends_no_second_mail(book, settings, monkeypatch):
    notice = notice_of(book())

    def die(*args, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(notices, "send_mail", die)
        with pytest.raises(KeyboardInterrupt):
            send_notice(notice_id=notice.pk)
    notice.refresh_from_db()
    assert notice.status == Status.SENDING
    send_notice(notice_id=notice.pk)
    settings.NOTICE_CUT_OFF_AFTER = 0
    dispatch_due_notices()
    notice.refresh_from_db()
    assert (notice.status, mail.outbox) == (Status.CUT_OFF, [])


def test_a_mail_server_that_is_down_is_tried_again_for_a_while(book, settings, in_the_past):
    notice = notice_of(book())
    settings.EMAIL_BACKEND = DEAD_MAIL_SERVER
    for tries in range(1, settings.NOTICE_MAX_TRIES + 1):
        in_the_past()
        send_notice(notice_id=notice.pk)
        send_notice(notice_id=notice.pk)  # too early
        notice.refresh_from_db()
        assert notice.tries == tries
    assert notice.status == Status.FAILED


def test_a_mail_server_that_comes_back_sends_the_mail(book, settings, in_the_past):
    notice = notice_of(book())
    working = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = DEAD_MAIL_SERVER
    send_notice(notice_id=notice.pk)
    settings.EMAIL_BACKEND = working
    in_the_past()
    send_notice(notice_id=notice.pk)
    notice.refresh_from_db()
    assert (notice.status, notice.tries, len(mail.outbox)) == (Status.SENT, 2, 1)


def test_a_message_that_cannot_be_written_fails_and_says_so(book, monkeypatch):
    notice = notice_of(book())

    def break_off(*args, **options):
        raise LookupError

    monkeypatch.setattr(notices, "send_mail", break_off)
    send_notice(notice_id=notice.pk)
    notice.refresh_from_db()
    assert notice.status == Status.FAILED


def test_a_broker_that_is_down_costs_no_booking_and_no_mail(
    book, monkeypatch, django_capture_on_commit_callbacks
):
    def refuse(*args, **options):
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(send_notice_task, "apply_async", refuse)
        with django_capture_on_commit_callbacks(execute=True):
            appointment = book()
        dispatch_due_notices()
    assert notice_of(appointment).status == Status.WAITING
    monkeypatch.setattr(
        messages, "send_soon", lambda task, notice_id, **options: send_notice(notice_id=notice_id)
    )
    dispatch_due_notices()
    assert notice_of(appointment).status == Status.SENT


@pytest.mark.django_db(transaction=True)
def test_workers_that_want_one_message_at_once_send_one_mail(book):
    notice = notice_of(book())
    at_once(8, lambda _number: send_notice(notice_id=notice.pk))
    assert len(mail.outbox) == 1


def test_staff_see_what_was_sent_on_the_appointments_page(sign_in, secretary, doctor, book):
    appointment = book()
    url = reverse("clinic:appointment_detail", args=[appointment.pk])
    assert "Waiting to be sent" in sign_in(secretary).get(url).content.decode()
    send_notice(notice_id=notice_of(appointment).pk)
    for user in (secretary, doctor):
        page = sign_in(user).get(url).content.decode()
        assert "Confirmation" in page
        assert "Sent" in page


def test_a_booking_and_a_cancellation_on_the_pages_are_both_told(
    sign_in, secretary, doctor, patient, sent_at_once, django_capture_on_commit_callbacks
):
    day = coming(1)
    AvailabilityFactory(doctor=doctor.doctor, weekday=day.weekday())
    fields = {
        "patient": patient.pk,
        "doctor": doctor.doctor.pk,
        "visit_type": visit_type().pk,
        "starts_at": f"{day}T09:00",
    }
    with django_capture_on_commit_callbacks(execute=True):
        sign_in(secretary).post(reverse("clinic:appointment_book"), fields)
    appointment = Appointment.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        sign_in(patient.user).post(reverse("clinic:my_appointment_cancel", args=[appointment.pk]))
    assert [message.to for message in mail.outbox] == [[patient.email]] * 2
    assert mail.outbox[1].subject.startswith("Cancelled")
