from datetime import time, timedelta

import pytest
from django.urls import reverse

from clinic.models import Absence, AuditEvent, Availability
from clinic.scheduling.services.slots import free_slots
from clinic.scheduling.services.weekly_hours import WeeklyHours, add_hours
from tests.clinic.desk import at, at_once, booked, clocks, coming, visit_type, works
from tests.forms import post_seen

BOOK = reverse("clinic:appointment_book")
LIST = reverse("clinic:doctor_list")
MONDAY = 0


def hours_url(doctor):
    return reverse("clinic:doctor_hours", args=[doctor.doctor.pk])


def remove_url(hours):
    return reverse("clinic:hours_remove", args=[hours.pk])


def typed(**fields):
    return {"weekday": MONDAY, "starts_at": "09:00", "ends_at": "12:00", **fields}


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
    hours = WeeklyHours(weekday=MONDAY, starts_at=time(9), ends_at=time(12))

    def add(_number):
        try:
            return add_hours(doctor=doctor.doctor, actor=secretary, hours=hours).pk
        except Exception as error:  # noqa: BLE001
            return str(error)

    results = at_once(4, add)
    assert Availability.objects.count() == 1
    assert sum("These hours overlap others" in str(result) for result in results) == 3


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"ends_at": "09:00"}, "ends_at", "The end is not after the start."),
        ({"ends_at": ""}, "ends_at", "Say when it ends."),
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


def test_hours_around_a_break_are_added_at_once(desk, doctor):
    fields = typed(ends_at="17:00", break_from="12:30", break_until="13:15")
    assert desk.post(hours_url(doctor), fields).status_code == 302
    week = list(Availability.objects.values_list("starts_at", "ends_at"))
    assert week == [(time(9), time(12, 30)), (time(13, 15), time(17))]
    assert AuditEvent.objects.filter(verb="create").count() == 2


def test_of_hours_around_a_break_none_are_added_where_some_overlap(desk, doctor):
    works(doctor, coming(MONDAY), "16:00", "18:00")
    fields = typed(ends_at="17:00", break_from="12:30", break_until="13:15")
    response = desk.post(hours_url(doctor), fields)
    assert "These hours overlap others" in response.content.decode()
    assert Availability.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"break_from": "10:00"}, "break_until", "A break needs a start and an end."),
        ({"break_until": "10:00"}, "break_from", "A break needs a start and an end."),
        (
            {"break_from": "08:00", "break_until": "10:00"},
            "break_from",
            "The break must start within the working hours.",
        ),
        (
            {"break_from": "10:00", "break_until": "09:30"},
            "break_until",
            "The break must end within the working hours.",
        ),
        (
            {"break_from": "10:00", "break_until": "12:00"},
            "break_until",
            "The break must end within the working hours.",
        ),
    ],
)
def test_what_is_wrong_with_a_break_is_said_at_its_field(desk, doctor, fields, field, words):
    response = desk.post(hours_url(doctor), typed(**fields))
    assert response.status_code == 422
    assert response.context["form"].errors == {field: [words]}
    assert not Availability.objects.exists()


def test_hours_hold_from_their_first_day_to_their_last(desk, doctor):
    day = coming(MONDAY)
    desk.post(hours_url(doctor), typed(valid_from=day, valid_until=day + timedelta(days=7)))
    lengths = [
        len(free_slots(doctor=doctor.doctor, day=day + timedelta(days=days), visit_type=one))
        for one in [visit_type()]
        for days in (-7, 0, 7, 14)
    ]
    assert lengths == [0, 12, 12, 0]
    page = desk.get(hours_url(doctor)).content.decode()
    assert 'name="valid_from"' in page
    assert 'name="valid_until"' in page


def test_minutes_are_kept_free_after_each_visit(desk, doctor, patient, other_patient):
    day = coming(MONDAY)
    works(doctor, day, "09:00", "10:00")
    url = reverse("clinic:doctor_buffer", args=[doctor.doctor.pk])
    assert post_seen(desk, url, {"buffer_minutes": "10"}, on=hours_url(doctor)).url == hours_url(
        doctor
    )
    booked(doctor, patient, at(day, "09:15"))
    doctor.doctor.refresh_from_db()
    slots = free_slots(doctor=doctor.doctor, day=day, visit_type=visit_type())
    assert clocks(slots) == ["09:45"]
    fields = {
        "patient": other_patient.pk,
        "doctor": doctor.doctor.pk,
        "visit_type": visit_type().pk,
    }
    words = "Dr Dora Doctor keeps 10 minutes free after each visit."
    for clock in ("09:00", "09:30", "09:35"):
        response = desk.post(BOOK, {**fields, "starts_at": f"{day}T{clock}"})
        assert response.context["form"].errors == {"starts_at": [words]}
    assert desk.post(BOOK, {**fields, "starts_at": f"{day}T09:40"}).status_code == 302


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        ("", "This field is required."),
        ("61", "Ensure this value is less than or equal to 60."),
        ("-1", "Ensure this value is greater than or equal to 0."),
    ],
)
def test_what_is_wrong_with_the_minutes_is_said_at_the_field(desk, doctor, minutes, words):
    url = reverse("clinic:doctor_buffer", args=[doctor.doctor.pk])
    response = post_seen(desk, url, {"buffer_minutes": minutes}, on=hours_url(doctor))
    assert response.status_code == 422
    assert response.context["buffer"].errors == {"buffer_minutes": [words]}
    doctor.doctor.refresh_from_db()
    assert doctor.doctor.buffer_minutes == 0


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
