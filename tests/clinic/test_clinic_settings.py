"""What the clinic decides for itself: one row that every page, mail, paper and calendar follows."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic.models import ClinicSettings
from clinic.services.calendars import visit_file
from clinic.services.scheduling import free_slots
from tests.calendar_files import event_of
from tests.clinic.desk import booked, clocks, coming, visit_type, works


@pytest.fixture
def decided(db):
    """A clinic that has decided otherwise than the environment says."""
    return ClinicSettings.objects.create(
        pk=1,
        name="Clinique Saint-Élie",
        address="1 rue de la Peau, Lyon",
        phone="+33123456789",
        slot_minutes=20,
        cancellation_notice_hours=4,
        reminder_first_hours=72,
        reminder_last_hours=3,
    )


def in_hours(hours):
    return timezone.now().replace(second=0, microsecond=0) + timedelta(hours=hours)


def test_there_is_one_row(decided):
    with pytest.raises(IntegrityError), transaction.atomic():
        ClinicSettings.objects.create(pk=2, name="Another")


def test_before_the_first_change_the_environment_decides(sign_in, settings, patient):
    settings.CLINIC_NAME = "Clinic of the environment"
    page = sign_in(patient.user).get(reverse("clinic:my_appointments")).content.decode()
    assert "Clinic of the environment" in page
    assert not ClinicSettings.objects.exists()


def test_pages_and_calendar_files_bear_the_clinics_name(sign_in, decided, doctor, patient):
    visit = booked(doctor, patient, in_hours(72))
    page = sign_in(patient.user).get(reverse("clinic:my_appointments")).content.decode()
    assert "Clinique Saint-Élie" in page
    _method, event = event_of(visit_file(visit).content)
    assert event["summary"] == "Visit at Clinique Saint-Élie"
    assert event["location"] == "Clinique Saint-Élie, 1 rue de la Peau, Lyon"


def test_the_grid_follows_the_slot_length(decided, doctor):
    day = coming(0)
    works(doctor, day, "09:00", "10:00")
    slots = free_slots(doctor=doctor.doctor, day=day, visit_type=visit_type())
    assert clocks(slots) == ["09:00", "09:20", "09:40"]


@pytest.mark.parametrize(("hours", "status"), [(5, 302), (3, 409)])
def test_patients_cancel_within_the_clinics_notice(
    sign_in, decided, doctor, patient, hours, status
):
    visit = booked(doctor, patient, in_hours(hours))
    url = reverse("clinic:my_appointment_cancel", args=[visit.pk])
    response = sign_in(patient.user).post(url)
    assert response.status_code == status
    if status == 409:
        assert "Please call us on +33 1 23 45 67 89." in response.content.decode()


def test_a_request_reads_the_row_once(sign_in, decided, doctor, patient):
    for hours in (30, 60, 90):
        booked(doctor, patient, in_hours(hours))
    client = sign_in(patient.user)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(reverse("clinic:my_appointments"))
    assert sum("clinic_clinicsettings" in query["sql"] for query in queries) == 1


def test_the_next_request_sees_what_another_process_wrote(sign_in, decided, patient):
    client = sign_in(patient.user)
    client.get(reverse("clinic:my_appointments"))
    ClinicSettings.objects.update(name="Clinique Sainte-Anne")
    page = client.get(reverse("clinic:my_appointments")).content.decode()
    assert "Clinique Sainte-Anne" in page
