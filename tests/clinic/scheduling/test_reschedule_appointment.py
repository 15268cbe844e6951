"""A new time for an appointment: the old one is free at once, or nothing has changed."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.models import Appointment
from tests.clinic.desk import at, at_once, booked, coming, in_status, works

Status = Appointment.Status


@pytest.fixture
def appointment(doctor, patient, day):
    return booked(doctor, patient, at(day, "09:00"), note="Comes with her father")


def url_of(appointment):
    return reverse("clinic:appointment_reschedule", args=[appointment.pk])


def move(client, appointment, doctor, starts_at, **fields):
    fields = {"doctor": doctor.doctor.pk, "starts_at": starts_at, **fields}
    return client.post(url_of(appointment), fields)


def test_the_old_time_is_free_and_the_two_know_each_other(
    desk, secretary, doctor, other_patient, appointment, day
):
    response = move(desk, appointment, doctor, f"{day}T11:00", reason="Has a train to catch")
    moved = Appointment.objects.get(rescheduled_from=appointment)
    assert response.url == reverse("clinic:appointment_detail", args=[moved.pk])
    assert (moved.starts_at, moved.status, moved.note) == (
        at(day, "11:00"),
        "booked",
        appointment.note,
    )
    assert moved.ends_at - moved.starts_at == appointment.ends_at - appointment.starts_at
    appointment.refresh_from_db()
    assert appointment.status == Status.RESCHEDULED
    transition = appointment.transitions.get()
    assert (transition.made_by, transition.reason) == (secretary, "Has a train to catch")
    booked(doctor, other_patient, at(day, "09:00"))
    old_page = desk.get(reverse("clinic:appointment_detail", args=[appointment.pk]))
    assert response.url in old_page.content.decode()


def test_another_doctor_may_take_over(desk, other_doctor, appointment, day):
    works(other_doctor, day)
    move(desk, appointment, other_doctor, f"{day}T09:00")
    moved = Appointment.objects.get(rescheduled_from=appointment)
    assert (moved.doctor, moved.starts_at) == (other_doctor.doctor, at(day, "09:00"))


def test_a_button_of_a_free_time_moves_there(desk, appointment):
    page = desk.get(url_of(appointment))
    slot = page.context["slots"][0]
    assert f'value="{slot.key}"' in page.content.decode()
    desk.post(url_of(appointment), {"slot": slot.key})
    assert Appointment.objects.get(rescheduled_from=appointment).starts_at == slot.starts_at


def test_the_free_times_are_those_of_the_doctor_who_was_chosen(
    desk, doctor, other_doctor, appointment, day
):
    works(other_doctor, day, "10:00", "12:00")
    asked = {"doctor": other_doctor.doctor.pk, "starts_at": f"{day}T10:30"}

    for headers in ({}, {"HX-Request": "true"}, {"HX-Request": "true", "HX-Target": "dialog-page"}):
        page = desk.get(url_of(appointment), asked, headers=headers)
        assert {slot.doctor for slot in page.context["slots"]} == {other_doctor.doctor}
        assert page.context["slots"][0].starts_at == at(day, "10:30")


def test_a_choice_of_the_doctor_alone_brings_only_the_times(desk, doctor, appointment):
    page = desk.get(
        url_of(appointment), {"doctor": doctor.doctor.pk}, headers={"HX-Request": "true"}
    ).content.decode()
    assert page.count('name="slot"') == 3
    assert "<form" not in page


def test_a_taken_time_leaves_everything_as_it_was(desk, doctor, other_patient, appointment, day):
    booked(doctor, other_patient, at(day, "11:00"))
    response = move(desk, appointment, doctor, f"{day}T11:00")
    assert response.status_code == 422
    assert "another appointment at this time" in response.content.decode()
    assert len(response.context["slots"]) == 3
    appointment.refresh_from_db()
    assert appointment.status == Status.BOOKED
    assert not appointment.transitions.exists()


def test_a_time_outside_the_hours_is_refused_in_words(desk, doctor, appointment, day):
    response = move(desk, appointment, doctor, f"{day}T20:00")
    assert "outside the working hours of Dr Dora Doctor" in response.content.decode()
    response = move(desk, appointment, doctor, "nonsense")
    assert "This is not a valid day and time." in response.content.decode()


def test_a_part_of_the_own_old_time_may_be_kept(desk, doctor, appointment, day):
    assert move(desk, appointment, doctor, f"{day}T09:10").status_code == 302


@pytest.mark.parametrize("status", ["arrived", "completed", "cancelled", "rescheduled"])
def test_what_is_not_ahead_any_more_is_not_moved(desk, doctor, appointment, day, status):
    in_status(appointment, status)
    assert desk.get(url_of(appointment)).status_code == 409
    assert move(desk, appointment, doctor, f"{day}T11:00").status_code == 409
    assert Appointment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_clicks_at_once_move_once(sign_in, secretary, doctor, patient):
    day = coming(0)
    works(doctor, day)
    appointment = booked(doctor, patient, at(day, "09:00"))
    clients = [sign_in(secretary) for _number in range(4)]
    clocks = ["10:00", "10:30", "11:00", "11:30"]

    def click(number):
        return move(clients[number], appointment, doctor, f"{day}T{clocks[number]}").status_code

    assert sorted(at_once(4, click)) == [302, 409, 409, 409]
    assert Appointment.objects.filter(status="booked").count() == 1


def test_only_the_desk_moves_appointments(
    sign_in, appointment, admin, doctor, other_doctor, patient, other_patient
):
    for user, status in (
        (admin, 403),
        (doctor, 403),
        (other_doctor, 404),
        (patient.user, 403),
        (other_patient.user, 404),
    ):
        assert sign_in(user).get(url_of(appointment)).status_code == status
        assert sign_in(user).post(url_of(appointment)).status_code == status


def test_the_page_of_the_appointment_offers_another_time(desk, sign_in, doctor, appointment):
    detail = reverse("clinic:appointment_detail", args=[appointment.pk])
    assert url_of(appointment) in desk.get(detail).content.decode()
    assert url_of(appointment) not in sign_in(doctor).get(detail).content.decode()
    Appointment.objects.update(status="arrived", arrived_at=timezone.now() - timedelta(minutes=1))
    assert url_of(appointment) not in desk.get(detail).content.decode()
