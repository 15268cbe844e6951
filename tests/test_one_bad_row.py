"""Work on many rows continues when one of them cannot be read."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from clinic.core.batches import each_alone
from clinic.models import Appointment, EmergencyAccess, Notification
from clinic.people.services.emergency import remind_of_emergency_reviews
from clinic.scheduling.services.no_shows import mark_no_shows
from tests.factories import AppointmentFactory

pytestmark = pytest.mark.both_engines


def unreadable(table, column, pk):
    """Damage a stored text, as a lost key or a broken disk would."""
    with connection.cursor() as cursor:
        key = pk.hex if connection.vendor == "sqlite" else pk
        cursor.execute(f"UPDATE {table} SET {column} = 'enc1:lost:AAAA' WHERE id = %s", [key])
        assert cursor.rowcount == 1


def test_one_unreadable_patient_keeps_no_other_appointment_from_being_marked_as_missed(
    patient, other_patient, doctor
):
    for days, each in enumerate((patient, other_patient), start=1):
        starts_at = timezone.now() - timedelta(days=days)
        AppointmentFactory(patient=each, doctor=doctor.doctor, starts_at=starts_at)
    unreadable("clinic_patient", "duplicate_reason", other_patient.pk)

    assert mark_no_shows() == 1
    assert Appointment.objects.get(patient_id=patient.pk).status == "no_show"


def test_one_unreadable_reason_keeps_no_reminder_of_a_review_back(
    patient, other_patient, doctor, admin
):
    long_ago = timezone.now() - timedelta(days=5)
    accesses = [
        EmergencyAccess.objects.create(
            doctor=doctor,
            patient=each,
            reason="Brought in.",
            started_at=long_ago,
            ends_at=long_ago + timedelta(hours=1),
        )
        for each in (patient, other_patient)
    ]
    unreadable("clinic_emergencyaccess", "reason", accesses[0].pk)

    remind_of_emergency_reviews()

    assert Notification.objects.filter(recipient=admin, kind="emergency_overdue").count() == 2


def test_a_database_that_is_gone_stops_the_batch(db):
    def work(key):
        raise OperationalError

    with pytest.raises(OperationalError):
        each_alone([1, 2], work, what="Nothing")


def test_whatever_else_is_wrong_with_a_row_is_told_and_the_next_one_is_done(db):
    told, done = [], []

    def work(key):
        if key == 1:
            raise ZeroDivisionError
        done.append(key)

    count = each_alone([1, 2], work, what="x", on_failure=lambda key, _error: told.append(key))

    assert (count, told, done) == (1, [1], [2])
