"""Leave: what it blocks, and what happens to the visits booked in it before it takes effect."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.core.days import last_planned_day
from clinic.models import Absence, Appointment, AuditEvent
from clinic.scheduling.services.absences import add_absence
from clinic.scheduling.services.slots import free_slots
from tests.clinic.desk import at, at_once, booked, clocks, coming, visit_type, works
from tests.clinic.leave import decided, key, leave
from tests.factories import PatientFactory

pytestmark = pytest.mark.both_engines

ADD = reverse("clinic:absence_add")
LIST = reverse("clinic:absence_list")
Status = Appointment.Status
MONDAY = 0


def test_leave_without_visits_in_it_takes_effect_at_once(desk, secretary, doctor, day):
    assert desk.post(ADD, leave(doctor, day)).url == LIST
    absence = Absence.objects.get()
    assert absence.doctor == doctor.doctor
    assert (absence.starts_at, absence.ends_at) == (
        at(day, "00:00"),
        at(day + timedelta(days=1), "00:00"),
    )
    event = AuditEvent.objects.get(verb="create")
    assert (event.actor, event.target_id) == (secretary, str(absence.pk))
    assert free_slots(doctor=doctor.doctor, day=day, visit_type=visit_type()) == []
    page = desk.get(LIST).content.decode()
    assert "Dr Dora Doctor" in page
    assert "Congress" in page


def test_a_part_of_a_day_leaves_the_rest_free(desk, doctor, day):
    desk.post(ADD, leave(doctor, day, from_time="10:00", until_time="11:30"))
    slots = free_slots(doctor=doctor.doctor, day=day, visit_type=visit_type("first-visit"))
    assert clocks(slots) == ["09:00", "09:15", "09:30", "11:30"]


def test_a_closed_clinic_has_nobody_free(desk, doctor, other_doctor, day):
    works(other_doctor, day)
    desk.post(ADD, leave(None, day))
    assert Absence.objects.get().doctor is None
    for one in (doctor, other_doctor):
        assert free_slots(doctor=one.doctor, day=day, visit_type=visit_type()) == []
    assert "The whole clinic" in desk.get(LIST).content.decode()
    page = desk.get(reverse("clinic:desk_day"), {"date": day}).content.decode()
    assert "clinic closed" in page


def test_removing_leave_frees_its_slots(desk, doctor, day):
    desk.post(ADD, leave(doctor, day))
    absence = Absence.objects.get()
    assert desk.post(reverse("clinic:absence_remove", args=[absence.pk])).url == LIST
    assert not Absence.objects.exists()
    slots = free_slots(doctor=doctor.doctor, day=day, visit_type=visit_type())
    assert clocks(slots)[0] == "09:00"
    assert AuditEvent.objects.get(verb="update").detail["removed"] is True


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"who": ""}, "who", "Choose who is away."),
        ({"first_day": ""}, "first_day", "Choose a day."),
        (
            {"first_day": "Easter"},
            "first_day",
            "This is not a valid day. Write it like 17/05/1980 or 17 May 1980.",
        ),
        ({"last_day": "2020-01-01"}, "last_day", "The last day is before the first."),
        (
            {"from_time": "12:00", "until_time": "12:00"},
            "until_time",
            "The end is not after the start.",
        ),
        ({"first_day": "2020-01-01"}, "last_day", "This time is in the past."),
    ],
)
def test_what_is_wrong_with_leave_is_said_at_its_field(desk, doctor, day, fields, field, words):
    response = desk.post(ADD, leave(doctor, day, **fields))
    assert response.status_code == 422
    assert response.context["form"].errors == {field: [words]}
    assert 'value="Congress"' in response.content.decode()
    assert not Absence.objects.exists()


@pytest.mark.parametrize("days", [3 * 365 + 1, 36 * 365])
def test_leave_is_planned_no_further_than_three_years(desk, doctor, patient, day, days):
    booked(doctor, patient, at(day, "09:00"))
    end = timezone.localdate() + timedelta(days=days)

    for button in ({}, {"decide": "1"}):
        response = desk.post(ADD, leave(doctor, day, last_day=end.isoformat(), **button))
        assert response.status_code == 422
        assert response.context["form"].errors["last_day"] == [
            "Choose a day within the next three years."
        ]
    assert not Absence.objects.exists()


def test_the_longest_leave_proposes_times_with_others(desk, doctor, other_doctor, patient, day):
    works(other_doctor, day)
    booked(doctor, patient, at(day, "09:00"))
    end = last_planned_day().isoformat()

    response = desk.post(ADD, leave(doctor, day, last_day=end))

    ((_visit, field),) = response.context["rows"]
    assert field.value() == key(other_doctor, at(day, "09:00"))


def test_a_visit_that_should_have_begun_counts_for_leave(desk, doctor, patient):
    started = timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=10)
    visit = booked(doctor, patient, started, minutes=30)

    response = desk.post(ADD, leave(doctor, timezone.localdate()))

    assert [listed for listed, _field in response.context["rows"]] == [visit]
    assert visit in Appointment.objects.expected()


def test_leave_that_overlaps_other_leave_is_refused_in_words(desk, doctor, other_doctor, day):
    desk.post(ADD, leave(doctor, day, from_time="09:00", until_time="10:00"))
    response = desk.post(ADD, leave(doctor, day))
    assert response.status_code == 422
    (words,) = response.context["form"].errors["first_day"]
    assert words.startswith("Dr Dora Doctor is already away from")
    assert "09:00" in words
    assert desk.post(ADD, leave(other_doctor, day)).status_code == 302
    assert desk.post(ADD, leave(None, day)).status_code == 302
    response = desk.post(ADD, leave(None, day))
    assert "The clinic is already closed" in response.content.decode()
    assert Absence.objects.count() == 3


def test_a_list_of_leave_costs_few_queries(desk, doctor, day, django_assert_max_num_queries):
    for number in range(20):
        starts_at = at(day + timedelta(days=number), "00:00")
        Absence.objects.create(
            doctor=doctor.doctor, starts_at=starts_at, ends_at=starts_at + timedelta(days=1)
        )
    with django_assert_max_num_queries(8):
        desk.get(LIST)


def test_leave_that_is_over_is_not_listed(desk, doctor):
    now = timezone.now()
    Absence.objects.create(
        doctor=doctor.doctor,
        starts_at=now - timedelta(days=2),
        ends_at=now - timedelta(days=1),
        reason="Long ago",
    )
    page = desk.get(LIST).content.decode()
    assert "Long ago" not in page
    assert "No leave is planned" in page


def test_a_doctor_enters_and_removes_own_leave_alone(sign_in, doctor, other_doctor, patient, day):
    client = sign_in(doctor)
    booked(doctor, patient, at(day, "09:00"))
    page = client.post(ADD, leave(doctor, day))
    assert client.post(ADD, decided(page)).status_code == 302
    own = Absence.objects.get()
    assert client.post(ADD, leave(other_doctor, day)).status_code == 422
    assert client.post(ADD, leave(None, day)).status_code == 422
    closing = Absence.objects.create(starts_at=own.starts_at, ends_at=own.ends_at)
    foreign = Absence.objects.create(
        doctor=other_doctor.doctor, starts_at=own.starts_at, ends_at=own.ends_at, reason="Elsewhere"
    )
    page = client.get(LIST).content.decode()
    assert "The whole clinic" in page
    assert "Elsewhere" not in page
    remove = {one: reverse("clinic:absence_remove", args=[one.pk]) for one in (own, closing)}
    assert client.post(remove[closing]).status_code == 403
    assert client.post(reverse("clinic:absence_remove", args=[foreign.pk])).status_code == 404
    assert client.post(remove[own]).status_code == 302


def test_an_admin_closes_the_clinic_and_patients_see_no_leave(sign_in, admin, patient, day):
    assert sign_in(admin).post(ADD, leave(None, day)).status_code == 302
    closing = Absence.objects.get()
    client = sign_in(patient.user)
    assert client.get(LIST).status_code == 403
    assert client.post(ADD, leave(None, day)).status_code == 403
    assert client.post(reverse("clinic:absence_remove", args=[closing.pk])).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_leave_and_a_booking_at_once_never_pass_each_other(sign_in, secretary, doctor):
    day = coming(MONDAY)
    works(doctor, day)
    patients = [PatientFactory() for _number in range(4)]
    clients = [sign_in(secretary) for _number in range(4)]

    def work(number):
        if number == 0:
            try:
                add_absence(
                    doctor=doctor.doctor,
                    starts_at=at(day, "00:00"),
                    ends_at=at(day + timedelta(days=1), "00:00"),
                    actor=secretary,
                )
            except Exception as error:  # noqa: BLE001
                return type(error).__name__
            return "added"
        fields = {
            "patient": patients[number].pk,
            "doctor": doctor.doctor.pk,
            "visit_type": visit_type().pk,
            "starts_at": f"{day}T1{number}:00",
        }
        return clients[number].post(reverse("clinic:appointment_book"), fields).status_code

    results = at_once(4, work)
    # Whichever came first: leave without visits in it, or visits that the leave has to ask about.
    if results[0] == "added":
        assert not Appointment.objects.exists()
    else:
        assert results[0] == "VisitsInTheWayError"
        assert Appointment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_desks_that_add_the_same_leave_at_once_add_it_once(secretary, doctor):
    day = coming(MONDAY)

    def add(_number):
        try:
            return add_absence(
                doctor=doctor.doctor,
                starts_at=at(day, "00:00"),
                ends_at=at(day + timedelta(days=1), "00:00"),
                actor=secretary,
            ).pk
        except Exception as error:  # noqa: BLE001
            return str(error)

    results = at_once(4, add)
    assert Absence.objects.count() == 1
    assert sum("is already away" in str(result) for result in results) == 3
