"""Patients book, request and move their own appointments, as the clinic has chosen."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.models import Appointment, AppointmentRequest, VisitType
from clinic.scheduling.services.appointments import Booking, book_appointment
from clinic.scheduling.services.portal_booking import last_offered_day
from tests.clinic.desk import at, at_once, booked, clocks, in_status, visit_type, works
from tests.clinic.portal import decide, slot
from tests.factories import PatientFactory, UserFactory

URL = reverse("clinic:my_book")
Status = Appointment.Status
PEOPLE = 20


def move_url(appointment):
    return reverse("clinic:my_appointment_reschedule", args=[appointment.pk])


def press(client, doctor, starts_at, **fields):
    data = {"slot": slot(doctor, starts_at), "visit_type": visit_type().pk, **fields}
    return client.post(URL, data)


def wish(client, day, **fields):
    data = {"visit_type": visit_type().pk, "first_day": day.isoformat(), **fields}
    return client.post(URL, data)


@pytest.fixture
def instant(db):
    return decide(portal_booking="instant")


@pytest.fixture
def on_request(db):
    return decide(portal_booking="request")


def test_a_patient_books_a_free_time_at_once(instant, portal, patient, doctor, day):
    page = portal.get(URL, {"visit_type": visit_type().pk, "doctor": "", "day": day.isoformat()})
    assert clocks(page.context["slots"])[:2] == ["09:00", "09:15"]

    response = press(portal, doctor, at(day, "09:15"))

    assert response.url == reverse("clinic:my_appointments")
    appointment = Appointment.objects.get()
    assert (appointment.patient, appointment.status) == (patient, Status.BOOKED)
    assert appointment.created_by == patient.user
    assert appointment.notices.get().kind == "booked"


def test_a_time_that_is_given_away_is_not_offered(instant, portal, doctor, other_patient, day):
    booked(doctor, other_patient, at(day, "09:00"))
    page = portal.get(URL, {"visit_type": visit_type().pk, "day": day.isoformat()})
    assert "09:00" not in clocks(page.context["slots"])


def test_a_day_without_a_free_time_shows_the_next_ones(instant, portal, day):
    sunday = day - timedelta(days=1)
    page = portal.get(URL, {"visit_type": visit_type().pk, "day": sunday.isoformat()})
    assert "The next ones are" in page.content.decode()
    assert page.context["slots"][0].starts_at == at(day, "09:00")


def test_who_comes_second_sees_the_next_free_times(instant, portal, doctor, other_patient, day):
    booked(doctor, other_patient, at(day, "09:00"))
    response = press(portal, doctor, at(day, "09:00"))
    assert response.status_code == 422
    assert "Somebody else was faster" in response.content.decode()
    assert clocks(response.context["slots"]) == ["09:15", "09:30", "09:45"]


@pytest.mark.parametrize(
    ("weeks", "clock"), [(0, "09:07"), (0, "12:00"), (13, "09:00"), (5 * 52, "09:00")]
)
def test_only_a_time_that_was_offered_can_be_booked(
    instant, portal, patient, doctor, day, weeks, clock
):
    moment = at(day + timedelta(weeks=weeks), clock)
    for response in (
        press(portal, doctor, moment),
        portal.post(
            move_url(booked(doctor, patient, at(day, "11:00"))), {"slot": slot(doctor, moment)}
        ),
    ):
        assert response.status_code == 422
        assert response.context["slots"]
    assert not Appointment.objects.filter(starts_at=moment).exists()


def test_no_time_is_offered_that_is_too_far_ahead_to_be_booked(instant, portal, doctor, day):
    last = last_offered_day()

    page = portal.get(URL, {"visit_type": visit_type().pk, "day": last.isoformat()})

    shown = [timezone.localdate(one.starts_at) for one in page.context["slots"]]
    assert all(each <= last for each in shown)


@pytest.mark.django_db(transaction=True)
def test_of_twenty_patients_who_press_one_time_exactly_one_has_it(sign_in, doctor, day):
    decide(portal_booking="instant")
    patients = [PatientFactory(user=UserFactory()) for _number in range(PEOPLE)]
    clients = [sign_in(patient.user) for patient in patients]
    start = at(day, "10:00")

    responses = at_once(PEOPLE, lambda number: press(clients[number], doctor, start))

    assert sorted(response.status_code for response in responses) == [302] + [422] * 19
    assert Appointment.objects.get().starts_at == start


@pytest.mark.django_db(transaction=True)
def test_ten_browsers_of_one_patient_do_not_get_past_three(sign_in, doctor, patient, day):
    decide(portal_booking="instant")
    clients = [sign_in(patient.user) for _number in range(10)]
    starts = [at(day, "09:00") + timedelta(minutes=15 * number) for number in range(10)]

    responses = at_once(10, lambda number: press(clients[number], doctor, starts[number]))

    assert sorted(response.status_code for response in responses) == [302] * 3 + [422] * 7
    assert Appointment.objects.upcoming().count() == 3


@pytest.mark.django_db(transaction=True)
def test_ten_requests_of_one_patient_do_not_get_past_three(sign_in, doctor, patient, day):
    decide(portal_booking="request")
    clients = [sign_in(patient.user) for _number in range(10)]

    days = [day + timedelta(days=number) for number in range(10)]

    responses = at_once(10, lambda number: wish(clients[number], days[number]))

    assert sorted(response.status_code for response in responses) == [302] * 3 + [422] * 7
    assert AppointmentRequest.objects.count() == 3


def test_a_fourth_appointment_waits_until_one_is_cancelled(instant, portal, patient, doctor, day):
    for clock in ("09:00", "09:15"):
        booked(doctor, patient, at(day, clock))
    requested = booked(doctor, patient, at(day, "09:30"), status=Status.REQUESTED)
    response = press(portal, doctor, at(day, "10:00"))
    assert response.status_code == 422
    assert "You have 3 upcoming appointments" in response.content.decode()

    in_status(requested, Status.CANCELLED)
    assert press(portal, doctor, at(day, "10:00")).status_code == 302


def test_a_type_that_is_not_offered_to_patients_is_refused(instant, portal, doctor, day):
    check = visit_type("full-skin-check")
    page = portal.get(URL).content.decode()
    assert "Full skin check" not in page
    response = press(portal, doctor, at(day, "09:00"), visit_type=check.pk)
    assert response.status_code == 422
    assert "For this type of visit please call us." in response.content.decode()
    assert not Appointment.objects.exists()


def test_first_visits_and_follow_ups_are_offered(db):
    offered = VisitType.objects.filter(is_offered_to_patients=True)
    assert {each.code for each in offered} == {"first-visit", "follow-up"}


def test_a_page_that_is_older_than_the_clinics_decision_books_nothing(portal, doctor, day):
    for choice, status in (("off", 409), ("request", 422)):
        decide(portal_booking=choice)
        assert press(portal, doctor, at(day, "09:00")).status_code == status
    assert not Appointment.objects.exists()


def test_where_patients_call_the_page_says_so(portal, db):
    decide(portal_booking="off", phone="+33123456789")
    page = portal.get(URL).content.decode()
    assert "Visits are booked by telephone" in page
    assert "+33 1 23 45 67 89" in page
    assert URL not in portal.get(reverse("clinic:my_appointments")).content.decode()


def test_a_patient_asks_for_any_time_in_some_days(on_request, portal, patient, doctor, day):
    last = day + timedelta(days=3)
    response = wish(portal, day, last_day=last.isoformat())
    assert response.url == reverse("clinic:my_appointments")
    asked = AppointmentRequest.objects.get()
    assert (asked.first_day, asked.last_day, asked.wished_time) == (day, last, None)
    assert asked.wished_doctor is None
    assert asked.appointment.status == Status.REQUESTED
    page = portal.get(reverse("clinic:my_appointments")).content.decode()
    for words in ("Any doctor", "Any time from", "Waiting for the clinic’s answer"):
        assert words in page


def test_a_request_holds_no_time(on_request, portal, doctor, other_patient, secretary, day):
    wish(portal, day, time="09:00", doctor=doctor.doctor.pk)
    booking = Booking(
        patient=other_patient,
        doctor=doctor.doctor,
        visit_type=visit_type(),
        starts_at=at(day, "09:00"),
    )
    book_appointment(booking=booking, actor=secretary)
    assert Appointment.objects.filter(status=Status.BOOKED).count() == 1


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"first_day": "2020-01-01"}, "first_day", "This day is in the past."),
        ({"last_day": "2020-01-01"}, "last_day", "The last day is before the first."),
        ({"first_day": ""}, "first_day", "Choose a day."),
        ({"time": "25:00"}, "time", "This is not a valid time."),
    ],
)
def test_a_wish_that_makes_no_sense_says_why_beside_it(
    on_request, portal, doctor, day, fields, field, words
):
    response = wish(portal, day, **fields)
    assert response.status_code == 422
    assert response.context["form"].errors[field] == [words]
    assert not Appointment.objects.exists()


def test_one_time_on_several_days_is_refused(on_request, portal, doctor, day):
    last = day + timedelta(days=1)
    response = wish(portal, day, time="09:00", last_day=last.isoformat())
    assert "Choose one day for a time" in response.context["form"].errors["time"][0]


def test_a_patient_moves_a_visit_to_another_free_time(instant, portal, patient, doctor, day):
    old = booked(doctor, patient, at(day, "09:00"))
    response = portal.post(move_url(old), {"slot": slot(doctor, at(day, "11:00"))})
    assert response.url == reverse("clinic:my_appointments")
    old.refresh_from_db()
    assert old.status == Status.RESCHEDULED
    assert old.rescheduled_to.starts_at == at(day, "11:00")


def test_within_the_clinics_notice_a_visit_is_not_moved(instant, portal, patient, doctor, day):
    decide(cancellation_notice_hours=168, phone="+33123456789")
    near = booked(doctor, patient, timezone.now() + timedelta(hours=100))
    for response in (
        portal.get(move_url(near)),
        portal.post(move_url(near), {"slot": slot(doctor, at(day, "11:00"))}),
    ):
        assert response.status_code == 409
        assert "Please call us on +33 1 23 45 67 89" in response.content.decode()
    near.refresh_from_db()
    assert near.status == Status.BOOKED
    decide(cancellation_notice_hours=99)
    assert portal.get(move_url(near)).status_code == 200


def test_where_the_desk_books_a_patient_asks_for_another_time(
    on_request, portal, patient, doctor, day
):
    old = booked(doctor, patient, at(day, "09:00"))
    later = day + timedelta(days=1)
    response = portal.post(move_url(old), {"first_day": later.isoformat()})
    assert response.url == reverse("clinic:my_appointments")
    old.refresh_from_db()
    assert old.status == Status.BOOKED
    assert AppointmentRequest.objects.get().replaces == old

    again = portal.post(move_url(old), {"first_day": later.isoformat()})
    assert "You have already asked for another time." in again.content.decode()


def test_a_patient_takes_back_the_own_request_without_a_mail(on_request, portal, doctor, day):
    wish(portal, day)
    appointment = Appointment.objects.get()
    portal.post(reverse("clinic:my_appointment_cancel", args=[appointment.pk]))
    appointment.refresh_from_db()
    assert appointment.status == Status.CANCELLED
    assert not appointment.notices.exists()


def test_the_pages_of_the_portal_ask_the_database_little(
    instant, portal, patient, doctor, other_doctor, day, django_assert_max_num_queries
):
    works(other_doctor, day)
    for hour in ("09:00", "10:00", "11:00"):
        booked(doctor, patient, at(day, hour))
    for url in (URL, reverse("clinic:my_appointments")):
        with django_assert_max_num_queries(15):
            portal.get(url, {"day": day.isoformat()})


def test_my_visits_say_how_to_find_the_clinic(portal, db):
    decide(address="12 Rue des Tilleuls, Lyon")
    page = portal.get(reverse("clinic:my_appointments")).content.decode()
    assert "12 Rue des Tilleuls, Lyon" in page
