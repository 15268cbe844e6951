"""The desk answers patients' requests: a time, the waiting list, or a no with a reason."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse

from clinic.models import Appointment, AppointmentRequest
from clinic.scheduling.services.messages import send_notice
from clinic.scheduling.services.portal_booking import (
    Wish,
    request_another_time,
    request_appointment,
)
from tests.clinic.desk import at, at_once, booked, visit_type
from tests.clinic.portal import decide
from tests.factories import PatientFactory, UserFactory

URL = reverse("clinic:request_list")
Status = Appointment.Status


def url_of(name, asked):
    return reverse(f"clinic:request_{name}", args=[asked.pk])


@pytest.fixture
def day(day):
    decide(portal_booking="request")
    return day


def ask(patient, day, **fields):
    appointment = request_appointment(
        patient=patient,
        visit_type=visit_type(),
        wish=Wish(first_day=day, last_day=day + timedelta(days=2), **fields),
        actor=patient.user,
    )
    return appointment.request


@pytest.fixture
def asked(patient, day):
    return ask(patient, day)


def give(client, asked, doctor, starts_at):
    data = {"doctor": doctor.doctor.pk, "starts_at": starts_at.isoformat()}
    return client.post(url_of("book", asked), data)


def mails_of(appointment):
    mail.outbox.clear()
    for notice in appointment.notices.all():
        send_notice(notice_id=notice.pk)
    return mail.outbox


def test_the_desk_sees_what_was_asked_and_how_many(desk, asked, patient):
    page = desk.get(URL).content.decode()
    assert patient.full_name in page
    assert "Any time from" in page
    assert '<span class="rail-count">1</span>' in page


def test_the_desk_gives_a_time_and_the_patient_gets_the_mail(desk, asked, doctor, day):
    assert "free times" in desk.get(url_of("book", asked)).content.decode()
    assert give(desk, asked, doctor, at(day, "10:00")).url == URL
    appointment = asked.appointment
    appointment.refresh_from_db()
    assert appointment.status == Status.BOOKED
    assert appointment.starts_at == at(day, "10:00")
    assert appointment.ends_at == at(day, "10:15")
    (message,) = mails_of(appointment)
    assert message.to == ["patient@example.org"]
    assert "Your visit is booked" in message.body
    assert "rail-count" not in desk.get(URL).content.decode()


@pytest.mark.parametrize("clock", ["08:00", "10:00"])
def test_the_guards_of_the_desk_hold_for_requests(desk, asked, doctor, other_patient, day, clock):
    booked(doctor, other_patient, at(day, "10:00"))
    response = give(desk, asked, doctor, at(day, clock))
    assert response.status_code == 422
    assert response.context["form"].errors["starts_at"]
    assert len(response.context["slots"]) == 3
    asked.appointment.refresh_from_db()
    assert asked.appointment.status == Status.REQUESTED


def test_a_request_becomes_no_appointment_by_a_mere_move(desk, asked):
    url = reverse("clinic:appointment_move", args=[asked.pk])
    response = desk.post(url, {"status": "booked"})
    assert response.status_code == 422
    assert "choose the time under “Requests”" in response.content.decode()


def test_a_request_is_not_shown_as_a_time_of_the_day(desk, asked, patient, day):
    page = desk.get(reverse("clinic:desk_day"), {"date": day.isoformat()}).content.decode()
    assert patient.full_name not in page


def test_the_page_of_a_request_says_the_wish_and_no_time(desk, sign_in, asked, doctor):
    url = reverse("clinic:appointment_detail", args=[asked.pk])
    page = desk.get(url).content.decode()
    assert "Any time from" in page
    assert "00:00–00:00" not in page
    assert url_of("book", asked) in page
    assert url_of("book", asked) not in sign_in(doctor).get(url).content.decode()


def test_the_page_of_a_patient_shows_a_request_without_a_time(desk, asked, patient):
    page = desk.get(reverse("clinic:patient_detail", args=[patient.pk])).content.decode()
    assert "Wish" in page
    assert "00:00\n" not in page


def test_an_open_request_is_ahead_of_the_patient_and_names_no_doctor(desk, asked, patient):
    response = desk.get(reverse("clinic:patient_detail", args=[patient.pk]))
    assert [each.pk for each in response.context["upcoming"]] == [asked.appointment_id]
    assert not response.context["page_obj"].object_list
    assert "Any doctor" in response.content.decode()


def test_another_time_replaces_the_one_there_was(desk, patient, doctor, day):
    old = booked(doctor, patient, at(day, "09:00"))
    asked = request_another_time(
        appointment=old, wish=Wish(first_day=day, last_day=day), actor=patient.user
    ).request
    # A quarter of an hour later: the new time needs half of the old one.
    assert give(desk, asked, doctor, at(day, "09:10")).url == URL
    old.refresh_from_db()
    asked.appointment.refresh_from_db()
    assert old.status == Status.RESCHEDULED
    assert asked.appointment.rescheduled_from == old
    assert asked.appointment.notices.get().kind == "moved"


def test_a_request_waits_until_a_time_is_free(desk, asked, doctor, day):
    assert desk.post(url_of("waitlist", asked)).url == URL
    page = desk.get(URL)
    assert list(page.context["page_obj"]) == []
    assert page.context["waiting"] == [asked]
    assert give(desk, asked, doctor, at(day, "10:00")).url == URL


def test_a_request_is_declined_with_a_reason_that_may_stand_in_a_mail(desk, asked, sign_in):
    assert desk.post(url_of("decline", asked), {"reason": "call_us"}).url == URL
    appointment = asked.appointment
    appointment.refresh_from_db()
    assert appointment.status == Status.CANCELLED
    (message,) = mails_of(appointment)
    assert "Please call us so that we can find a time together." in message.body
    assert message.attachments == []
    page = sign_in(appointment.patient.user).get(reverse("clinic:my_appointments"))
    assert "Please call us so that we can find a time together." in page.content.decode()


def test_who_has_no_email_is_called_after_a_no(desk, asked, patient):
    type(patient).objects.filter(pk=patient.pk).update(email="")
    page = desk.post(url_of("decline", asked), {"reason": "call_us"}, follow=True).content.decode()
    assert "The request is declined. There is no email address: call the patient." in page
    assert "informed by email" not in page


def test_what_was_declined_shows_no_midnight_to_anybody(desk, asked, sign_in):
    portal = sign_in(asked.appointment.patient.user)
    own_list = reverse("clinic:my_appointments")
    record = reverse("clinic:patient_detail", args=[asked.appointment.patient.pk])
    assert "00:00" not in portal.get(own_list).content.decode()

    desk.post(url_of("decline", asked), {"reason": "call_us"})

    assert "00:00" not in portal.get(own_list).content.decode()
    assert "Any time from" in portal.get(own_list).content.decode()
    page = desk.get(record).content.decode()
    assert "00:00" not in page
    assert "Wish" in page


def test_what_was_agreed_and_then_cancelled_still_shows_its_time(desk, asked, doctor, day, sign_in):
    give(desk, asked, doctor, at(day, "10:00"))
    portal = sign_in(asked.appointment.patient.user)
    portal.post(reverse("clinic:my_appointment_cancel", args=[asked.pk]))

    asked.appointment.refresh_from_db()
    assert asked.appointment.status == Status.CANCELLED
    page = portal.get(reverse("clinic:my_appointments")).content.decode()
    assert "10:00" in page
    assert "Any time from" not in page


def test_a_no_without_a_reason_is_asked_for_one(desk, asked):
    response = desk.post(url_of("decline", asked), {"reason": "Her melanoma is urgent"})
    assert response.status_code == 422
    assert "Choose a reason." in response.content.decode()
    asked.appointment.refresh_from_db()
    assert asked.appointment.status == Status.REQUESTED


def test_a_request_that_was_taken_back_is_not_booked(desk, asked, doctor, patient, day, sign_in):
    sign_in(patient.user).post(reverse("clinic:my_appointment_cancel", args=[asked.pk]))
    assert give(desk, asked, doctor, at(day, "10:00")).status_code == 409
    assert desk.post(url_of("waitlist", asked)).status_code == 409
    assert desk.post(url_of("decline", asked), {"reason": "no_time"}).status_code == 409


@pytest.mark.django_db(transaction=True)
def test_of_two_desks_that_book_one_request_only_one_does(sign_in, secretary, patient, doctor, day):
    asked = ask(patient, day)
    clients = [sign_in(secretary) for _number in range(2)]
    starts = [at(day, "10:00"), at(day, "11:00")]

    responses = at_once(2, lambda number: give(clients[number], asked, doctor, starts[number]))

    assert sorted(response.status_code for response in responses) == [302, 409]
    assert asked.appointment.notices.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_appointment_moves_once_though_two_desks_move_it_at_once(
    sign_in, secretary, patient, doctor, day
):
    old = booked(doctor, patient, at(day, "09:00"))
    asked = request_another_time(
        appointment=old, wish=Wish(first_day=day, last_day=day), actor=patient.user
    ).request
    clients = [sign_in(secretary) for _number in range(2)]
    move = reverse("clinic:appointment_reschedule", args=[old.pk])
    fields = {"doctor": doctor.doctor.pk, "starts_at": at(day, "11:00").isoformat()}

    answers = at_once(
        2,
        lambda number: (
            (
                clients[0].post(move, fields)
                if number
                else give(clients[1], asked, doctor, at(day, "10:00"))
            ).status_code
        ),
    )

    assert set(answers) <= {302, 409}
    old.refresh_from_db()
    assert old.status == Status.RESCHEDULED
    assert Appointment.objects.filter(rescheduled_from=old).count() == 1


def test_the_list_asks_the_database_no_more_for_more_rows(desk, day, django_assert_max_num_queries):
    for _number in range(8):
        ask(PatientFactory(user=UserFactory()), day)
    assert AppointmentRequest.objects.count() == 8
    with django_assert_max_num_queries(15):
        desk.get(URL)


def test_the_desk_takes_a_patient_off_the_list_of_likely_twins(desk, patient):
    type(patient).objects.update(is_possible_duplicate=True)
    assert patient.full_name in desk.get(URL).content.decode()
    desk.post(reverse("clinic:duplicate_clear", args=[patient.pk]))
    assert patient.full_name not in desk.get(URL).content.decode()
