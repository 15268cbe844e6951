from datetime import time, timedelta

import pytest
from django.urls import reverse

from clinic.models import Absence, AuditEvent, Availability
from clinic.services.scheduling import add_hours
from tests.clinic.desk import at, at_once, booked, coming, works

LIST = reverse("clinic:doctor_list")
MONDAY = 0


def hours_url(doctor):
    return reverse("clinic:doctor_hours", args=[doctor.doctor.pk])


def remove_url(hours):
    return reverse("clinic:hours_remove", args=[hours.pk])


def typed(**fields):
    return {"weekday": MONDAY, "starts_at": "09:00", "ends_at": "12:00", **fields}


@pytest.fixture
def desk(sign_in, secretary):
    return sign_in(secretary)


def test_the_desk_adds_hours_to_a_week(desk, secretary, doctor):
    response = desk.post(hours_url(doctor), typed(valid_from="2040-01-02"))
    hours = Availability.objects.get()
    assert response.url == hours_url(doctor)
    assert (hours.doctor, hours.starts_at, hours.ends_at) == (doctor.doctor, time(9), time(12))
    event = AuditEvent.objects.get(verb="create")
    assert (event.actor, event.target_id) == (secretary, str(hours.pk))
    page = desk.get(hours_url(doctor)).content.decode()
    assert "09:00–12:00" in page


def test_an_admin_plans_hours_too(sign_in, admin, doctor):
    assert sign_in(admin).post(hours_url(doctor), typed()).status_code == 302


@pytest.mark.parametrize(
    "fields",
    [
        {"starts_at": "11:00", "ends_at": "13:00"},
        {"starts_at": "08:00", "ends_at": "09:15"},
        {"starts_at": "10:00", "ends_at": "11:00"},
        {"starts_at": "08:00", "ends_at": "18:00"},
        {"valid_from": "2040-01-01"},
        {"valid_until": "2040-01-01"},
    ],
)
def test_hours_that_overlap_others_are_refused(desk, doctor, fields):
    works(doctor, coming(MONDAY))
    response = desk.post(hours_url(doctor), typed(**fields))
    assert response.status_code == 422
    assert (
        "These hours overlap others on the same day: 09:00 to 12:00." in response.content.decode()
    )
    assert Availability.objects.count() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"starts_at": "12:00", "ends_at": "13:00"},
        {"weekday": 1},
        {"valid_from": "2040-07-01"},
        {"valid_until": "2039-12-31"},
    ],
)
def test_hours_beside_others_are_added(desk, doctor, fields):
    works(doctor, coming(MONDAY), valid_from="2040-01-01", valid_until="2040-06-30")
    assert desk.post(hours_url(doctor), typed(**fields)).status_code == 302
    assert Availability.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_desks_that_add_the_same_hours_at_once_add_them_once(secretary, doctor):
    def add(_number):
        try:
            return add_hours(
                doctor=doctor.doctor,
                actor=secretary,
                weekday=MONDAY,
                starts_at=time(9),
                ends_at=time(12),
            ).pk
        except Exception as error:  # noqa: BLE001
            return str(error)

    results = at_once(4, add)
    assert Availability.objects.count() == 1
    assert sum("These hours overlap others" in str(result) for result in results) == 3


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"ends_at": "09:00"}, "ends_at", "The end is not after the start."),
        ({"ends_at": ""}, "ends_at", "Say until when."),
        ({"starts_at": "9 o'clock"}, "starts_at", "Enter a valid time."),
        (
            {"valid_from": "2040-02-01", "valid_until": "2040-01-01"},
            "valid_until",
            "The last day is before the first.",
        ),
    ],
)
def test_what_is_wrong_with_hours_is_said_at_its_field(desk, doctor, fields, field, words):
    response = desk.post(hours_url(doctor), typed(**fields))
    assert response.status_code == 422
    assert response.context["form"].errors[field] == [words]
    assert not Availability.objects.exists()


def test_hours_are_removed_and_what_is_booked_stays(desk, doctor, patient):
    day = coming(MONDAY)
    hours = works(doctor, day)
    appointment = booked(doctor, patient, at(day, "09:00"))
    assert desk.post(remove_url(hours)).url == hours_url(doctor)
    assert not Availability.objects.exists()
    appointment.refresh_from_db()
    assert appointment.status == "booked"
    assert AuditEvent.objects.get(verb="update").detail["removed"] is True


def test_an_absence_is_shown(desk, doctor):
    day = coming(MONDAY)
    Absence.objects.create(
        doctor=doctor.doctor,
        starts_at=at(day, "00:00"),
        ends_at=at(day + timedelta(days=4), "00:00"),
        reason="Congress",
    )
    assert "Congress" in desk.get(hours_url(doctor)).content.decode()


def test_the_list_shows_every_doctors_week(desk, doctor, other_doctor):
    works(doctor, coming(MONDAY))
    page = desk.get(LIST).content.decode()
    assert "Monday" in page
    assert "Otto Other" in page
    assert "No hours yet" in page


def test_doctors_and_patients_do_not_plan_hours(sign_in, doctor, other_doctor, patient):
    hours = works(doctor, coming(MONDAY))
    for user in (doctor, patient.user):
        client = sign_in(user)
        assert client.get(LIST).status_code == 403
        assert client.get(hours_url(doctor)).status_code == 403
        assert client.post(hours_url(doctor), typed(weekday=2)).status_code == 403
    assert sign_in(doctor).post(remove_url(hours)).status_code == 403
    assert sign_in(other_doctor).post(remove_url(hours)).status_code == 404
    assert sign_in(patient.user).post(remove_url(hours)).status_code == 404
    assert Availability.objects.count() == 1
