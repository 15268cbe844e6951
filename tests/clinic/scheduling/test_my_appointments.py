from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.models import Appointment, AuditEvent
from tests.clinic.desk import at, at_once, booked, in_status

URL = reverse("clinic:my_appointments")
Status = Appointment.Status


def cancel_url(appointment):
    return reverse("clinic:my_appointment_cancel", args=[appointment.pk])


def in_hours(hours):
    return timezone.now().replace(second=0, microsecond=0) + timedelta(hours=hours)


@pytest.fixture
def coming(doctor, patient):
    return booked(doctor, patient, in_hours(72))


def test_a_patient_sees_what_is_to_come_and_what_was(portal, doctor, patient, coming):
    past = booked(doctor, patient, in_hours(-48), status=Status.NO_SHOW)
    response = portal.get(URL)
    assert [own.appointment for own in response.context["upcoming"]] == [coming]
    assert [own.appointment for own in response.context["past"]] == [past]
    page = response.content.decode()
    for words in ("Booked", "Missed", "Dr Dora Doctor"):
        assert words in page
    assert AuditEvent.objects.get(verb="list").patient == patient


def test_a_visit_that_goes_on_is_not_yet_past(portal, doctor, patient):
    today = at(timezone.localdate(), "00:00")
    going_on = booked(doctor, patient, today, status=Status.IN_CONSULTATION)
    response = portal.get(URL)
    assert [own.appointment for own in response.context["upcoming"]] == [going_on]
    assert "With the doctor" in response.content.decode()


@pytest.mark.parametrize("status", [Status.ARRIVED, Status.IN_CONSULTATION])
def test_a_visit_that_nobody_closed_is_past_once_its_day_is_over(portal, doctor, patient, status):
    yesterday = at(timezone.localdate() - timedelta(days=1), "23:30")
    left_open = booked(doctor, patient, yesterday, status=status)
    response = portal.get(URL)
    assert response.context["upcoming"] == []
    assert [own.appointment for own in response.context["past"]] == [left_open]
    assert "Not completed yet" in response.content.decode()


def test_a_patient_sees_nobody_elses_visits(portal, doctor, other_patient):
    booked(doctor, other_patient, in_hours(72))
    response = portal.get(URL)
    assert response.context["upcoming"] == []
    assert "No upcoming visits" in response.content.decode()


def test_what_the_desk_keeps_for_itself_is_not_shown(portal, doctor, patient, coming):
    Appointment.objects.filter(pk=coming.pk).update(note="Owes a form")
    booked(doctor, patient, in_hours(-48), status=Status.ENTERED_IN_ERROR)
    response = portal.get(URL)
    assert "Owes a form" not in response.content.decode()
    assert response.context["past"] == []


def test_a_signed_visit_is_linked_and_an_unsigned_one_is_not(portal, consultation, doctor):
    link = reverse("diagnosis:my_visit", args=[consultation.pk])
    assert link not in portal.get(URL).content.decode()
    consultation.signed_at = timezone.now()
    consultation.signed_by = doctor
    consultation.save()
    in_status(consultation.appointment, Status.COMPLETED)
    assert link in portal.get(URL).content.decode()


def test_a_patient_cancels_early_enough(portal, patient, coming):
    response = portal.post(cancel_url(coming))
    coming.refresh_from_db()
    assert response.url == URL
    assert coming.status == Status.CANCELLED
    transition = coming.transitions.get()
    assert (transition.made_by, transition.reason) == (patient.user, "Cancelled by the patient.")
    assert "Cancelled" in portal.get(URL).content.decode()


def test_cancelling_asks_first(portal, coming):
    assert "data-confirm=" in portal.get(URL).content.decode()


def test_the_clinic_is_called_by_its_number_where_it_has_one(portal, settings, doctor, patient):
    near = booked(doctor, patient, in_hours(23))
    settings.CLINIC_PHONE = ""
    words = "It is too late to change this here. Please call the clinic."
    assert words in portal.post(cancel_url(near)).content.decode()
    assert "please call the clinic." in portal.get(URL).content.decode()


@pytest.mark.parametrize("hours", [23, 1, -1])
def test_a_patient_who_is_late_is_asked_to_call(portal, settings, doctor, patient, hours):
    settings.CLINIC_PHONE = "+33 1 23 45 67 89"
    near = booked(doctor, patient, in_hours(hours))
    response = portal.post(cancel_url(near))
    near.refresh_from_db()
    assert response.status_code == 409
    assert "Please call us on +33 1 23 45 67 89." in response.content.decode()
    assert near.status == Status.BOOKED
    page = portal.get(URL).content.decode()
    assert cancel_url(near) not in page
    assert ("please call us on +33 1 23 45 67 89" in page) == (hours > 0)


def test_a_double_click_cancels_once(portal, coming):
    for _click in range(2):
        assert portal.post(cancel_url(coming)).status_code == 302
    assert coming.transitions.count() == 1


@pytest.mark.django_db(transaction=True)
def test_clicks_at_once_cancel_once(sign_in, patient, coming):
    clients = [sign_in(patient.user) for _number in range(4)]
    statuses = at_once(4, lambda number: clients[number].post(cancel_url(coming)).status_code)
    assert statuses == [302] * 4
    assert coming.transitions.count() == 1


def test_what_is_over_cannot_be_cancelled(portal, coming):
    in_status(coming, Status.COMPLETED)
    assert portal.post(cancel_url(coming)).status_code == 409


def test_only_the_patient_cancels_here(
    sign_in, coming, admin, secretary, doctor, other_doctor, other_patient
):
    for user, status in (
        (admin, 403),
        (secretary, 403),
        (doctor, 403),
        (other_doctor, 404),
        (other_patient.user, 404),
    ):
        assert sign_in(user).post(cancel_url(coming)).status_code == status
    coming.refresh_from_db()
    assert coming.status == Status.BOOKED


def test_staff_have_no_portal(sign_in, admin, secretary, doctor):
    for user in (admin, secretary, doctor):
        assert sign_in(user).get(URL).status_code == 403


def test_an_appointment_is_never_cancelled_by_a_link(portal, coming):
    assert portal.get(cancel_url(coming)).status_code == 405


def test_the_past_is_paged(portal, settings, doctor, patient):
    settings.PAGE_SIZE = 2
    for days in range(1, 6):
        booked(doctor, patient, in_hours(-24 * days), status=Status.NO_SHOW)
    response = portal.get(URL, {"page": 3})
    assert len(response.context["past"]) == 1
