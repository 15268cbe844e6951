"""Patients missing half an hour after the end are marked as no-shows; coming late undoes it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.models import Appointment, AuditEvent
from clinic.scheduling.services import no_shows
from clinic.scheduling.services.appointments import move_appointment
from clinic.scheduling.services.no_shows import count_no_shows, mark_no_shows
from clinic.tasks import mark_no_shows_task
from tests.clinic.desk import at_once, booked

pytestmark = pytest.mark.both_engines

Status = Appointment.Status


@pytest.fixture
def ended(doctor, patient):
    """Return an appointment that ended so many minutes ago."""

    def _ended(minutes, **fields):
        starts_at = timezone.now() - timedelta(minutes=minutes + 15)
        return booked(doctor, patient, starts_at, **fields)

    return _ended


@pytest.mark.parametrize(("minutes", "status"), [(29, "booked"), (31, "no_show")])
def test_half_an_hour_after_the_end_nobody_is_expected_any_more(ended, minutes, status):
    appointment = ended(minutes)
    mark_no_shows_task()
    appointment.refresh_from_db()
    assert appointment.status == status


def test_the_move_is_stored_as_the_clocks(sign_in, secretary, ended):
    appointment = ended(40, status=Status.CONFIRMED)
    assert mark_no_shows() == 1
    transition = appointment.transitions.get()
    assert (transition.made_by, transition.to_status) == (None, "no_show")
    assert transition.reason == "Not here 30 minutes after the end."
    assert AuditEvent.objects.get(verb="transition").actor is None
    page = sign_in(secretary).get(reverse("clinic:appointment_detail", args=[appointment.pk]))
    assert "Automatically" in page.content.decode()


@pytest.mark.parametrize("status", sorted(set(Status) - set(Appointment.EXPECTED_STATUSES)))
def test_every_other_appointment_is_left_alone(ended, status):
    appointment = ended(600, status=status)
    assert mark_no_shows() == 0
    appointment.refresh_from_db()
    assert appointment.status == status


@pytest.fixture
def at_noon(monkeypatch, noon):
    """Set the time to noon: after midnight nobody can arrive for the day before."""
    monkeypatch.setattr(timezone, "now", lambda: noon)


@pytest.mark.usefixtures("at_noon")
def test_who_comes_after_all_is_there(ended, secretary):
    appointment = ended(40)
    mark_no_shows()
    move_appointment(appointment=appointment, status="arrived", actor=secretary)
    mark_no_shows()
    appointment.refresh_from_db()
    assert appointment.status == Status.ARRIVED
    assert count_no_shows(appointment.patient) == 0


def test_what_the_desk_has_taken_back_stays_taken_back(ended, secretary):
    appointment = ended(40)
    mark_no_shows()
    move_appointment(appointment=appointment, status="booked", actor=secretary)
    assert mark_no_shows() == 0


@pytest.mark.usefixtures("at_noon")
def test_who_arrives_in_the_same_moment_has_arrived(ended, secretary, monkeypatch):
    appointment = ended(40)
    real = move_appointment

    def meanwhile(**fields):
        real(appointment=appointment, status="arrived", actor=secretary)
        return real(**fields)

    monkeypatch.setattr(no_shows, "move_appointment", meanwhile)
    assert mark_no_shows() == 0
    appointment.refresh_from_db()
    assert appointment.status == Status.ARRIVED


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_mark_once(ended):
    appointment = ended(40)
    at_once(2, lambda _number: mark_no_shows())
    assert appointment.transitions.count() == 1


def test_staff_see_how_often_somebody_was_missed_and_the_patient_does_not(
    sign_in, secretary, doctor, patient, ended
):
    url = reverse("clinic:patient_detail", args=[patient.pk])
    ended(40)
    assert "missed" not in sign_in(secretary).get(url).content.decode()
    ended(400)
    mark_no_shows()
    for user in (secretary, doctor):
        assert "missed 2 times" in sign_in(user).get(url).content.decode()
    portal = sign_in(patient.user).get(reverse("clinic:my_appointments")).content.decode()
    assert "missed 2 times" not in portal
