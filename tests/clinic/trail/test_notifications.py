"""Who is notified of what: once, and each notification only for its recipient."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.models import Appointment, AppointmentNotice, Notification, User
from clinic.records.services.consultations import sign_visit
from clinic.scheduling.services.appointments import (
    Booking,
    book_appointment,
    move_appointment,
    reschedule_appointment,
)
from clinic.scheduling.services.messages import dispatch_due_notices, send_notice
from clinic.scheduling.services.portal_booking import Wish, request_appointment
from clinic.scheduling.services.walk_ins import add_walk_in
from clinic.trail.services.notifications import notify
from tests.clinic.desk import at, at_once, booked, coming, visit_type, works
from tests.factories import AppointmentFactory, UserFactory
from tests.full_visit import written_up
from tests.mailbox import DEAD_MAIL_SERVER

LIST = reverse("clinic:notification_list")
Kind = Notification.Kind
Status = Appointment.Status


def news_of(user):
    return list(Notification.objects.filter(recipient=user).values_list("kind", flat=True))


@pytest.fixture
def tomorrow(doctor, other_doctor):
    """Return tomorrow, when both doctors work all day."""
    day = timezone.localdate() + timedelta(days=1)
    works(doctor, day, "08:00", "18:00")
    works(other_doctor, day, "08:00", "18:00")
    return day


@pytest.fixture
def later(doctor):
    """Return a later day, when the doctor works all day."""
    day = coming((timezone.localdate().weekday() + 3) % 7)
    works(doctor, day, "08:00", "18:00")
    return day


@pytest.fixture
def book(doctor, patient, secretary):
    """Book the patient with the doctor, through the desk unless somebody else is named."""

    def _book(day, clock="09:00", actor=None, **fields):
        booking = Booking(
            patient=patient,
            doctor=doctor.doctor,
            visit_type=visit_type(),
            starts_at=at(day, clock),
            **fields,
        )
        return book_appointment(booking=booking, actor=actor or secretary)

    return _book


@pytest.fixture
def in_three_days(doctor, patient):
    return booked(doctor, patient, timezone.now() + timedelta(days=3))


def test_a_booking_of_tomorrow_is_told_to_its_doctor_alone(
    book, tomorrow, doctor, other_doctor, secretary, patient
):
    book(tomorrow)
    assert news_of(doctor) == [Kind.BOOKED]
    assert [news_of(user) for user in (other_doctor, secretary, patient.user)] == [[], [], []]


def test_a_booking_further_ahead_is_no_news(book, later, doctor):
    book(later)
    assert news_of(doctor) == []


def test_nobody_is_told_what_they_did_themselves(book, tomorrow, doctor):
    appointment = book(tomorrow, actor=doctor)
    move_appointment(appointment=appointment, status="cancelled", actor=doctor, reason="Ill.")
    assert news_of(doctor) == []


def test_an_appointment_of_tomorrow_that_moves_is_told_once(
    book, tomorrow, later, doctor, secretary
):
    appointment = book(tomorrow)
    Notification.objects.all().delete()
    reschedule_appointment(
        appointment=appointment,
        doctor=doctor.doctor,
        starts_at=at(later, "09:00"),
        actor=secretary,
    )
    assert news_of(doctor) == [Kind.MOVED]


def test_an_appointment_given_to_a_colleague_is_told_to_both(
    book, tomorrow, doctor, other_doctor, secretary
):
    appointment = book(tomorrow)
    Notification.objects.all().delete()
    reschedule_appointment(
        appointment=appointment,
        doctor=other_doctor.doctor,
        starts_at=at(tomorrow, "10:00"),
        actor=secretary,
    )
    assert (news_of(doctor), news_of(other_doctor)) == ([Kind.MOVED], [Kind.BOOKED])


@pytest.mark.parametrize("status", ["cancelled", "entered_in_error"])
def test_an_appointment_of_tomorrow_that_falls_through_is_told_to_the_doctor(
    status, book, tomorrow, doctor, secretary
):
    appointment = book(tomorrow)
    Notification.objects.all().delete()
    move_appointment(appointment=appointment, status=status, actor=secretary, reason="Called.")
    assert news_of(doctor) == [Kind.CANCELLED]
    assert news_of(secretary) == []


def test_a_patients_own_cancellation_is_told_to_desk_and_doctor_on_whatever_day(
    book, later, doctor, secretary, patient, sign_in
):
    appointment = book(later)
    away = UserFactory(role=User.Role.SECRETARY, is_active=False)
    url = reverse("clinic:my_appointment_cancel", args=[appointment.pk])
    assert sign_in(patient.user).post(url).status_code == 302
    assert news_of(doctor) == news_of(secretary) == [Kind.CANCELLED_BY_PATIENT]
    assert news_of(patient.user) == news_of(away) == []


def test_a_wish_for_an_appointment_is_told_to_the_whole_desk(patient, doctor, secretary, sign_in):
    other_secretary = UserFactory(role=User.Role.SECRETARY)
    day = coming(0)
    wish = request_appointment(
        patient=patient,
        visit_type=visit_type(),
        wish=Wish(first_day=day, last_day=day),
        actor=patient.user,
    )
    assert news_of(secretary) == news_of(other_secretary) == [Kind.REQUESTED]
    assert news_of(doctor) == []
    news = Notification.objects.get(recipient=secretary)
    response = sign_in(secretary).post(
        reverse("clinic:notification_open", args=[news.pk]), follow=True
    )
    assert response.redirect_chain == [(reverse("clinic:request_book", args=[wish.pk]), 302)]
    assert response.status_code == 200


def test_a_wish_that_is_taken_back_concerns_no_doctor(patient, doctor, secretary):
    wish = AppointmentFactory(patient=patient, doctor=doctor.doctor, status=Status.REQUESTED)
    move_appointment(appointment=wish, status="cancelled", actor=patient.user, reason="Well again.")
    assert news_of(secretary) == [Kind.CANCELLED_BY_PATIENT]
    assert news_of(doctor) == []


@pytest.mark.parametrize(
    ("is_urgent", "kind"), [(False, Kind.WALK_IN), (True, Kind.URGENT_ARRIVAL)]
)
def test_who_comes_without_an_appointment_is_told_to_the_doctor(
    is_urgent, kind, patient, doctor, secretary
):
    add_walk_in(
        patient=patient,
        visit_type=visit_type(),
        doctor=doctor.doctor,
        actor=secretary,
        is_urgent=is_urgent,
    )
    assert news_of(doctor) == [kind]


@pytest.mark.parametrize(("is_urgent", "expected"), [(False, []), (True, [Kind.URGENT_ARRIVAL])])
def test_of_booked_patients_only_an_urgent_one_is_announced(
    is_urgent, expected, appointment, doctor, secretary
):
    Appointment.objects.filter(pk=appointment.pk).update(is_urgent=is_urgent)
    appointment.refresh_from_db()
    for status in ("arrived", "booked", "arrived"):
        move_appointment(appointment=appointment, status=status, actor=secretary)
    assert news_of(doctor) == expected


def test_a_signed_visit_is_told_to_the_patient_once(consultation, doctor, patient):
    saved = written_up(consultation, doctor, notes="Seen.")
    for _ in range(2):
        sign_visit(consultation=saved, actor=doctor)
    news = Notification.objects.get(recipient=patient.user)
    assert (news.kind, news.url_name) == (Kind.VISIT_SIGNED, "diagnosis:my_visit")
    assert news.object_key == str(consultation.pk)


def test_a_patient_without_a_login_is_told_nothing(consultation, doctor, patient):
    type(patient).objects.update(user=None, record_opened_at=None, record_opened_how="")
    consultation.refresh_from_db()
    consultation.notes = "Seen."
    consultation.save()
    sign_visit(consultation=consultation, actor=doctor)
    assert not Notification.objects.exists()


def test_a_message_that_fails_for_good_is_told_to_the_desk(in_three_days, secretary, settings):
    settings.EMAIL_BACKEND = DEAD_MAIL_SERVER
    message = AppointmentNotice.objects.create(
        appointment=in_three_days,
        kind="booked",
        channel="email",
        starts_at=in_three_days.starts_at,
        tries=settings.NOTICE_MAX_TRIES - 1,
    )
    for _ in range(2):
        send_notice(notice_id=message.pk)
    message.refresh_from_db()
    assert message.status == "failed"
    assert news_of(secretary) == [Kind.MESSAGE_FAILED]


def test_a_message_that_may_try_again_is_no_news_yet(in_three_days, secretary, settings):
    settings.EMAIL_BACKEND = DEAD_MAIL_SERVER
    message = AppointmentNotice.objects.create(
        appointment=in_three_days, kind="booked", channel="email", starts_at=in_three_days.starts_at
    )
    send_notice(notice_id=message.pk)
    assert news_of(secretary) == []


def test_a_message_that_was_cut_off_is_told_to_the_desk_once(appointment, secretary):
    AppointmentNotice.objects.create(
        appointment=appointment,
        kind="booked",
        channel="email",
        starts_at=appointment.starts_at,
        status="sending",
        claimed_at=timezone.now() - timedelta(hours=1),
    )
    for _ in range(2):
        dispatch_due_notices()
    assert news_of(secretary) == [Kind.MESSAGE_FAILED]


def test_what_fails_tells_nobody(book, tomorrow, doctor, patient, other_patient):
    booked(doctor, other_patient, at(tomorrow, "09:00"))
    with pytest.raises(Exception, match="another appointment"):
        book(tomorrow)
    assert news_of(doctor) == []


@pytest.mark.django_db(transaction=True)
def test_many_hands_tell_one_fact_once(appointment, doctor):
    def tell(number):
        notify(
            recipients=[doctor],
            kind=Kind.BOOKED,
            url_name="clinic:appointment_detail",
            object_key=appointment.pk,
        )

    at_once(4, tell)
    assert news_of(doctor) == [Kind.BOOKED]


def test_no_row_holds_a_name_or_a_word_about_the_patient(book, tomorrow, patient):
    book(tomorrow, note="Brings a form")
    (row,) = Notification.objects.values_list()
    text = " ".join(map(str, row))
    assert patient.full_name not in text
    assert "form" not in text
