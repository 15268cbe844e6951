"""Booking where a doctor has no time: with permission and a reason, visible to all."""

from datetime import UTC, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from clinic.models import Absence, Appointment, AppointmentRequest, AuditEvent, ClinicSettings
from clinic.scheduling.services.slots import free_slots
from tests.clinic.desk import at, at_once, booked, clocks, coming, in_status, visit_type, works
from tests.clinic.scheduling.test_calendar import events
from tests.factories import PatientFactory

URL = reverse("clinic:appointment_book")
Status = Appointment.Status
REASON = "Cannot come on any other day"
PEOPLE = 20


@pytest.fixture
def allowed(db):
    """Let the clinic's desk overbook."""
    return ClinicSettings.objects.create(pk=1, name="Clinic", is_overbooking_allowed=True)


def typed(doctor, patient, starts_at, **fields):
    return {
        "patient": patient.pk,
        "doctor": doctor.doctor.pk,
        "visit_type": visit_type().pk,
        "starts_at": starts_at,
        "note": "Comes with her father",
        **fields,
    }


def overbooked(*args, **fields):
    return booked(*args, overbooked_reason=REASON, **fields)


def test_a_refused_time_offers_free_ones_first_and_then_the_override(
    desk, allowed, doctor, patient, other_patient, day
):
    booked(doctor, other_patient, at(day, "10:00"))
    response = desk.post(URL, typed(doctor, patient, f"{day}T10:00", book="1"))
    page = response.content.decode()
    assert response.status_code == 422
    assert page.count('name="slot"') == 3
    assert page.index('name="slot"') < page.index('name="overbook"')
    assert 'name="overbooked_reason"' in page


def test_a_selected_time_is_read_back_as_the_clinic_writes_it(desk, doctor, patient, day):
    starts_at = at(day, "10:00").astimezone(UTC)
    fields = typed(doctor, patient, "", slot=f"{doctor.doctor.pk}/{starts_at.isoformat()}")
    page = desk.post(URL, {**fields, "patient": ""}).content.decode()
    assert f'value="{day:%d/%m/%Y} 10:00"' in page
    assert starts_at.isoformat() not in page.split('name="starts_at"')[1].split(">")[0]


def test_without_permission_nobody_is_offered_to_overbook(
    desk, doctor, patient, other_patient, day
):
    booked(doctor, other_patient, at(day, "10:00"))
    fields = typed(doctor, patient, f"{day}T10:00")
    assert 'name="overbook"' not in desk.post(URL, fields).content.decode()
    forced = desk.post(URL, {**fields, "overbook": "1", "overbooked_reason": REASON})
    assert forced.status_code == 403
    assert Appointment.objects.count() == 1


def test_with_a_reason_a_taken_time_is_given_twice_and_marked(
    desk, secretary, allowed, doctor, patient, other_patient, day
):
    booked(doctor, other_patient, at(day, "10:00"))
    fields = typed(doctor, patient, f"{day}T10:00", overbook="1", overbooked_reason=REASON)
    assert desk.post(URL, fields).status_code == 302
    appointment = Appointment.objects.get(patient=patient)
    assert appointment.is_overbooked
    assert appointment.transitions.get().reason == REASON
    event = AuditEvent.objects.get(verb="create", patient=patient)
    assert (event.actor, event.detail["overbooked"]) == (secretary, "taken")
    assert REASON not in str(event.detail)
    shown = desk.get(reverse("clinic:desk_day"), {"date": day}).content.decode()
    assert shown.count("Overbooked") == 1
    detail = reverse("clinic:appointment_detail", args=[appointment.pk])
    assert REASON in desk.get(detail).content.decode()


def test_a_move_overbooks_with_a_reason_as_a_booking_does(
    desk, secretary, allowed, doctor, patient, other_patient, day
):
    booked(doctor, other_patient, at(day, "10:00"))
    visit = booked(doctor, patient, at(day, "09:00"))
    url = reverse("clinic:appointment_reschedule", args=[visit.pk])
    fields = {"doctor": doctor.doctor.pk, "starts_at": f"{day}T10:00"}

    refused = desk.post(url, fields)
    assert refused.status_code == 422
    assert 'name="overbook"' in refused.content.decode()
    unsaid = desk.post(url, {**fields, "overbook": "1"})
    assert unsaid.status_code == 422
    assert "Say in a few words why." in unsaid.content.decode()
    desk.post(url, {**fields, "overbook": "1", "overbooked_reason": REASON})

    moved = Appointment.objects.get(rescheduled_from=visit)
    assert (moved.starts_at, moved.overbooked_reason) == (at(day, "10:00"), REASON)
    assert moved.transitions.get().reason == REASON
    event = AuditEvent.objects.get(verb="create", target_id=str(moved.pk))
    assert (event.actor, event.detail["overbooked"]) == (secretary, "taken")


def test_an_overbooked_visit_that_moves_to_a_free_time_loses_its_mark(desk, doctor, patient, day):
    visit = overbooked(doctor, patient, at(day, "09:00"))
    url = reverse("clinic:appointment_reschedule", args=[visit.pk])

    desk.post(url, {"doctor": doctor.doctor.pk, "starts_at": f"{day}T10:00"})

    assert not Appointment.objects.get(rescheduled_from=visit).is_overbooked


def test_a_move_overbooks_nothing_where_the_clinic_has_not_allowed_it(
    desk, doctor, patient, other_patient, day
):
    booked(doctor, other_patient, at(day, "10:00"))
    visit = booked(doctor, patient, at(day, "09:00"))
    url = reverse("clinic:appointment_reschedule", args=[visit.pk])
    fields = {"doctor": doctor.doctor.pk, "starts_at": f"{day}T10:00"}

    assert 'name="overbook"' not in desk.post(url, fields).content.decode()
    forced = desk.post(url, {**fields, "overbook": "1", "overbooked_reason": REASON})
    assert forced.status_code == 403
    assert not Appointment.objects.filter(rescheduled_from=visit).exists()


def test_a_request_is_overbooked_too(desk, allowed, doctor, patient, other_patient, day):
    booked(doctor, other_patient, at(day, "10:00"))
    wish = booked(doctor, patient, at(day, "00:00"), status=Status.REQUESTED)
    asked = AppointmentRequest.objects.create(appointment=wish, first_day=day, last_day=day)
    url = reverse("clinic:request_book", args=[asked.pk])
    fields = {"doctor": doctor.doctor.pk, "starts_at": f"{day}T10:00"}

    assert 'name="overbook"' in desk.post(url, fields).content.decode()
    desk.post(url, {**fields, "overbook": "1", "overbooked_reason": REASON})

    wish.refresh_from_db()
    assert (wish.status, wish.overbooked_reason) == (Status.BOOKED, REASON)
    assert wish.transitions.get().reason == REASON


def test_the_calendar_marks_what_is_overbooked(desk, doctor, patient, other_patient, day):
    booked(doctor, other_patient, at(day, "09:00"))
    overbooked(doctor, patient, at(day, "10:00"))
    marks = {
        event["title"]: event["extendedProps"]["isOverbooked"]
        for event in events(desk, day)["appointment"]
    }
    assert marks == {"Olga Other": False, "Paul Patient": True}


def test_the_doctor_sees_the_mark_on_the_own_day(sign_in, doctor, patient, day):
    overbooked(doctor, patient, at(day, "10:00"))
    page = sign_in(doctor).get(reverse("clinic:doctor_day"), {"date": day}).content.decode()
    assert "Overbooked" in page


def test_a_doctor_overbooks_the_own_calendar_and_no_other(
    sign_in, doctor, other_doctor, patient, other_patient, day
):
    booked(doctor, patient, at(day, "09:00"))
    client = sign_in(doctor)
    start = f"{day}T09:00"
    offered = client.post(URL, typed(doctor, patient, start, book="1"))
    assert offered.status_code == 422
    assert 'name="register"' not in offered.content.decode()
    override = {"overbook": "1", "overbooked_reason": REASON}
    foreign = client.post(URL, typed(other_doctor, patient, start, **override))
    assert "doctor" in foreign.context["form"].errors
    stranger = client.post(URL, typed(doctor, other_patient, start, **override))
    assert "patient" in stranger.context["form"].errors
    response = client.post(URL, typed(doctor, patient, f"{day}T20:00", **override))
    assert response.url.startswith(reverse("clinic:doctor_day"))
    assert Appointment.objects.get(starts_at=at(day, "20:00")).is_overbooked


def test_the_reason_is_asked_for_and_nothing_is_lost(
    desk, allowed, doctor, patient, other_patient, day
):
    booked(doctor, other_patient, at(day, "10:00"))
    response = desk.post(URL, typed(doctor, patient, f"{day}T10:00", overbook="1"))
    assert response.status_code == 422
    assert response.context["form"].errors == {"overbooked_reason": ["Say in a few words why."]}
    page = response.content.decode()
    assert "Comes with her father" in page
    assert 'name="overbook"' in page
    assert patient.full_name in page


@pytest.mark.parametrize(("clock", "code"), [("20:00", "hours"), ("11:00", "leave")])
def test_hours_and_leave_may_be_passed_too(desk, allowed, doctor, patient, day, clock, code):
    Absence.objects.create(
        doctor=doctor.doctor, starts_at=at(day, "11:00"), ends_at=at(day, "12:00")
    )
    fields = typed(doctor, patient, f"{day}T{clock}", overbook="1", overbooked_reason=REASON)
    assert desk.post(URL, fields).status_code == 302
    assert Appointment.objects.get().is_overbooked
    assert AuditEvent.objects.get(verb="create").detail["overbooked"] == code


def test_the_past_is_never_booked(desk, allowed, doctor, patient, day):
    past = timezone.localtime() - timedelta(days=7)
    fields = typed(
        doctor, patient, f"{past:%Y-%m-%dT%H:%M}", overbook="1", overbooked_reason=REASON
    )
    response = desk.post(URL, fields)
    assert response.context["form"].errors == {"starts_at": ["This time is in the past."]}
    assert 'name="overbook"' not in response.content.decode()


def test_a_patients_own_time_is_never_given_twice(
    desk, allowed, doctor, other_doctor, patient, day
):
    works(other_doctor, day)
    booked(other_doctor, patient, at(day, "10:00"))
    fields = typed(doctor, patient, f"{day}T10:00", overbook="1", overbooked_reason=REASON)
    booked(doctor, PatientFactory(), at(day, "10:00"))
    response = desk.post(URL, fields)
    words = "This patient has another appointment at this time."
    assert response.context["form"].errors == {"patient": [words]}
    assert 'name="overbook"' not in response.content.decode()


def test_a_time_that_is_free_after_all_is_booked_without_a_mark(
    desk, allowed, doctor, patient, day
):
    fields = typed(doctor, patient, f"{day}T10:00", overbook="1", overbooked_reason=REASON)
    desk.post(URL, fields)
    assert not Appointment.objects.get().is_overbooked


def test_what_an_overbooked_visit_holds_is_not_free(desk, allowed, doctor, patient, day):
    works(doctor, day, "14:00", "15:00")
    overbooked(doctor, patient, at(day, "14:00"))
    slots = free_slots(doctor=doctor.doctor, day=day, visit_type=visit_type())
    assert "14:00" not in clocks(slots)
    response = desk.post(URL, typed(doctor, PatientFactory(), f"{day}T14:00"))
    words = "Dr Dora Doctor has another appointment at this time."
    assert response.context["form"].errors == {"starts_at": [words]}


def test_the_database_lets_an_overbooked_visit_pass_and_no_other(
    doctor, patient, other_patient, appointment
):
    overbooked(doctor, other_patient, appointment.starts_at)
    with pytest.raises(IntegrityError, match="appointment_doctor_is_free"), transaction.atomic():
        booked(doctor, PatientFactory(), appointment.starts_at)
    overbooked(doctor, PatientFactory(), appointment.starts_at)


def test_the_database_guards_what_an_overbooked_visit_alone_holds(
    doctor, other_patient, appointment
):
    overbooked(doctor, other_patient, appointment.starts_at)
    in_status(appointment, Status.CANCELLED)
    with pytest.raises(IntegrityError, match="appointment_doctor_is_free"), transaction.atomic():
        booked(doctor, PatientFactory(), appointment.starts_at)
    with pytest.raises(IntegrityError, match="appointment_doctor_is_free"), transaction.atomic():
        in_status(appointment, Status.BOOKED)


def test_who_was_there_first_moves_on_beside_an_overbooked_visit(
    doctor, other_patient, appointment
):
    second = overbooked(doctor, other_patient, appointment.starts_at)
    for status in (Status.CONFIRMED, Status.ARRIVED, Status.IN_CONSULTATION, Status.COMPLETED):
        in_status(appointment, status)
        in_status(second, status)


def test_the_mark_cannot_be_taken_off_while_the_time_is_taken(doctor, other_patient, appointment):
    second = overbooked(doctor, other_patient, appointment.starts_at)
    rows = Appointment.objects.filter(pk=second.pk)
    with pytest.raises(IntegrityError, match="appointment_doctor_is_free"), transaction.atomic():
        rows.update(overbooked_reason="")
    in_status(appointment, Status.CANCELLED)
    rows.update(overbooked_reason="")


def test_the_database_keeps_a_patients_time_from_an_overbooked_visit(
    other_doctor, patient, appointment
):
    with pytest.raises(IntegrityError, match="appointment_patient_is_free"), transaction.atomic():
        overbooked(other_doctor, patient, appointment.starts_at)


@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_an_overbooked_time_nobody_has_it(sign_in, secretary, doctor, patient):
    day = coming(0)
    works(doctor, day)
    overbooked(doctor, patient, at(day, "10:00"))
    patients = [PatientFactory() for _number in range(PEOPLE)]
    clients = [sign_in(secretary) for _number in range(PEOPLE)]
    answers = at_once(
        PEOPLE,
        lambda number: (
            clients[number].post(URL, typed(doctor, patients[number], f"{day}T10:00")).status_code
        ),
    )
    assert answers == [422] * PEOPLE
    assert Appointment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_patient_who_is_overbooked_from_many_desks_at_once_comes_once(
    sign_in, secretary, patient, doctor
):
    ClinicSettings.objects.create(pk=1, name="Clinic", is_overbooking_allowed=True)
    day = coming(0)
    clients = [sign_in(secretary) for _number in range(4)]
    fields = typed(doctor, patient, f"{day}T10:00", overbook="1", overbooked_reason=REASON)
    answers = at_once(4, lambda number: clients[number].post(URL, fields).status_code)
    assert sorted(answers) == [302, 422, 422, 422]
