"""The desk squeezes visits in between the offered times and is told so; no door opens further."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.models import Appointment
from clinic.scheduling.services.portal_booking import Wish, request_appointment
from tests.clinic.desk import at, booked, visit_type
from tests.clinic.portal import decide

SAID = "This is between the times that are offered."


@pytest.fixture
def doors(patient, doctor, day):
    """Return the address and the fields of every way in which the desk chooses a time."""
    decide(portal_booking="request")
    fields = {"doctor": doctor.doctor.pk}
    moved = booked(doctor, patient, at(day, "11:30"))
    asked = request_appointment(
        patient=patient,
        visit_type=visit_type(),
        wish=Wish(first_day=day, last_day=day),
        actor=patient.user,
    ).request
    return {
        "book": (
            reverse("clinic:appointment_book"),
            fields | {"patient": patient.pk, "visit_type": visit_type().pk, "book": "1"},
        ),
        "reschedule": (reverse("clinic:appointment_reschedule", args=[moved.pk]), fields),
        "request": (reverse("clinic:request_book", args=[asked.pk]), fields),
    }


@pytest.mark.parametrize("door", ["book", "reschedule", "request"])
@pytest.mark.parametrize(
    ("clock", "is_said"), [("10:00", False), ("10:15", False), ("10:07", True)]
)
def test_the_desk_is_told_of_a_time_between_those_that_are_offered(
    desk, doors, day, door, clock, is_said
):
    url, fields = doors[door]
    response = desk.post(url, fields | {"starts_at": f"{day}T{clock}"}, follow=True)
    made = Appointment.objects.get(starts_at=at(day, clock))
    assert made.status == "booked"
    assert (SAID in response.content.decode()) is (clock == "10:07")


@pytest.mark.parametrize("door", ["book", "reschedule", "request"])
@pytest.mark.parametrize("when", ["past", "in five years", "outside the hours"])
def test_no_door_of_the_desk_takes_a_time_that_cannot_be(desk, doors, day, door, when):
    url, fields = doors[door]
    starts_at = {
        "past": at(timezone.localdate() - timedelta(days=7), "10:00"),
        "in five years": at(day + timedelta(weeks=52 * 5), "10:00"),
        "outside the hours": at(day, "07:00"),
    }[when]
    response = desk.post(url, fields | {"starts_at": starts_at.isoformat()})
    assert response.status_code == 422
    assert not Appointment.objects.filter(starts_at=starts_at).exists()


def test_what_is_booked_over_the_doctors_time_says_its_own_reason(desk, doors, day):
    decide(is_overbooking_allowed=True)
    url, fields = doors["book"]
    anyway = {"overbook": "1", "overbooked_reason": "Bleeds."}
    response = desk.post(url, fields | anyway | {"starts_at": f"{day}T07:07"}, follow=True)
    assert Appointment.objects.get(starts_at=at(day, "07:07")).is_overbooked
    assert SAID not in response.content.decode()
