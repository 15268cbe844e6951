"""Booking, registering and moving in the dialog over the calendar."""

import json

from django.urls import reverse
from django.utils import timezone

from tests.clinic.desk import at, booked, in_status, visit_type, works
from tests.clinic.scheduling.test_calendar import events

URL = reverse("clinic:calendar")
BOOK = reverse("clinic:appointment_book")
REGISTER = reverse("clinic:patient_register")
DIALOG = {"HX-Request": "true", "HX-Target": "dialog-page"}


def said(response):
    """Return the message that the dialog leaves for the page below."""
    events = json.loads(response["HX-Trigger"])
    assert "dialog-done" in events
    return events["toast"]


def test_a_free_slot_opens_a_form_that_knows_doctor_and_time(desk, doctor, day):
    asked = {"doctor": doctor.doctor.pk, "start": f"{day}T10:00"}
    response = desk.get(BOOK, asked, headers=DIALOG)
    page = response.content.decode()
    assert "data-dialog-page" in page
    assert "<html" not in page
    assert response.context["form"]["doctor"].value() == doctor.doctor.pk
    assert f'value="{day}T10:00"' in page
    assert page.count('name="slot"') == 3


def test_what_is_booked_in_the_dialog_is_said_below_it(desk, doctor, patient, day):
    fields = {
        "patient": patient.pk,
        "doctor": doctor.doctor.pk,
        "visit_type": visit_type().pk,
        "starts_at": f"{day}T10:00",
    }
    response = desk.post(BOOK, fields, headers=DIALOG)
    assert response.status_code == 204
    assert said(response)["text"].startswith("Booked: ")
    assert events(desk, day)["appointment"][0]["start"] == f"{day}T10:00"
    # The next page has no message left.
    assert "Booked:" not in desk.get(URL).content.decode()


def test_a_time_that_is_taken_is_refused_in_the_dialog_with_the_next_three(
    desk, doctor, patient, other_patient, day
):
    booked(doctor, other_patient, at(day, "10:00"))
    fields = {
        "patient": patient.pk,
        "doctor": doctor.doctor.pk,
        "visit_type": visit_type().pk,
        "starts_at": f"{day}T10:00",
        "note": "Comes with her father",
    }
    response = desk.post(BOOK, fields, headers=DIALOG)
    page = response.content.decode()
    assert response.status_code == 422
    assert "data-dialog-page" in page
    assert "Dr Dora Doctor has another appointment at this time." in page
    assert "Comes with her father" in page
    assert page.count('name="slot"') == 3


def test_a_new_patient_is_registered_in_the_same_dialog(desk, doctor, patient, day):
    half_filled = {"register": "1", "doctor": doctor.doctor.pk, "starts_at": f"{day}T10:00"}
    step = desk.post(BOOK, half_filled, headers=DIALOG)
    form = desk.get(step.url, headers=DIALOG)
    assert "data-dialog-page" in form.content.decode()

    person = {
        "full_name": "Paul Patient",
        "birth_date": patient.birth_date.isoformat(),
        "sex": patient.sex,
        "language": "en",
        "next": form.context["next"],
    }
    likeness = desk.post(REGISTER, person, headers=DIALOG)
    assert likeness.status_code == 422
    assert "Is it one of these?" in likeness.content.decode()
    assert "data-dialog-page" in likeness.content.decode()

    done = desk.post(REGISTER, person | {"duplicate_reason": "Twins"}, headers=DIALOG)
    page = desk.get(done.url, headers=DIALOG)
    assert "data-dialog-page" in page.content.decode()
    assert page.context["patient"].full_name == "Paul Patient"
    assert page.context["patient"] != patient
    assert page.context["form"]["doctor"].value() == doctor.doctor.pk
    assert f'value="{day}T10:00"' in page.content.decode()


def move_url(appointment):
    return reverse("clinic:appointment_reschedule", args=[appointment.pk])


def test_what_was_dropped_asks_before_it_moves(desk, doctor, other_doctor, patient, day):
    works(other_doctor, day)
    appointment = booked(doctor, patient, at(day, "09:00"))
    asked = {"doctor": other_doctor.doctor.pk, "starts_at": f"{day}T11:00"}
    page = desk.get(move_url(appointment), asked, headers=DIALOG)
    assert page.context["form"]["doctor"].value() == other_doctor.doctor.pk
    assert f'value="{day}T11:00"' in page.content.decode()
    assert "The patient gets an email with the new time." in page.content.decode()
    appointment.refresh_from_db()
    assert appointment.status == "booked"


def test_what_was_moved_stands_at_its_new_time(desk, doctor, other_doctor, patient, day):
    works(other_doctor, day)
    appointment = booked(doctor, patient, at(day, "09:00"))
    asked = {"doctor": other_doctor.doctor.pk, "starts_at": f"{day}T11:00"}
    response = desk.post(move_url(appointment), asked, headers=DIALOG)
    assert response.status_code == 204
    assert said(response)["text"].startswith("Moved to ")
    [event] = events(desk, day)["appointment"]
    assert event["start"] == f"{day}T11:00"
    assert event["resourceIds"] == [str(other_doctor.doctor.pk)]
    assert event["id"] != str(appointment.pk)


def test_a_move_to_a_taken_time_is_refused_with_the_next_free_ones(
    desk, doctor, patient, other_patient, day
):
    appointment = booked(doctor, patient, at(day, "09:00"))
    booked(doctor, other_patient, at(day, "10:00"))
    asked = {"doctor": doctor.doctor.pk, "starts_at": f"{day}T10:00"}
    response = desk.post(move_url(appointment), asked, headers=DIALOG)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Dr Dora Doctor has another appointment at this time." in page
    assert page.count('name="slot"') == 3
    appointment.refresh_from_db()
    assert appointment.status == "booked"


def test_every_dialog_says_whom_the_desk_has_to_call(desk, doctor, patient, day):
    type(patient).objects.filter(pk=patient.pk).update(email="")
    fields = {"doctor": doctor.doctor.pk, "starts_at": f"{day}T10:00"}
    booking = {**fields, "patient": patient.pk, "visit_type": visit_type().pk}
    call = "There is no email address: call the patient."

    assert call in said(desk.post(BOOK, booking, headers=DIALOG))["text"]
    appointment = patient.appointments.get()
    fields["starts_at"] = f"{day}T11:00"
    assert call in said(desk.post(move_url(appointment), fields, headers=DIALOG))["text"]
    moved = patient.appointments.get(rescheduled_from=appointment)
    cancel = {"status": "cancelled", "reason": "Ill."}
    url = reverse("clinic:appointment_move", args=[moved.pk])
    assert said(desk.post(url, cancel, headers=DIALOG))["text"] == f"Cancelled. {call}"


def test_an_appointment_that_has_begun_meanwhile_is_not_moved(desk, doctor, patient, day):
    appointment = in_status(booked(doctor, patient, at(day, "09:00")), "arrived")
    asked = {"doctor": doctor.doctor.pk, "starts_at": f"{day}T10:00"}
    response = desk.post(move_url(appointment), asked, headers=DIALOG)
    assert response.status_code == 409
    assert said(response) == {
        "text": "This appointment is “Arrived” and cannot become “Rescheduled”.",
        "level": "danger",
    }


def test_an_appointment_is_read_and_received_in_the_dialog(desk, doctor, patient):
    appointment = booked(doctor, patient, timezone.now())
    detail = reverse("clinic:appointment_detail", args=[appointment.pk])
    page = desk.get(detail, headers=DIALOG).content.decode()
    assert "data-dialog-page" in page
    assert move_url(appointment) in page

    move = reverse("clinic:appointment_move", args=[appointment.pk])
    assert said(desk.post(move, {"status": "arrived"}, headers=DIALOG))["text"] == "Arrived"
    refused = desk.post(move, {"status": "completed"}, headers=DIALOG)
    assert refused.status_code == 403
    twice = desk.post(move, {"status": "cancelled"}, headers=DIALOG)
    assert twice.status_code == 422
    assert "data-dialog-page" in twice.content.decode()
