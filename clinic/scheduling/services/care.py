"""Who treats whom, according to appointments that are not cancelled."""

from typing import Any

from django.db.models import QuerySet

from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient
from clinic.scheduling.models.appointment import Appointment


def patients_of(doctors: QuerySet[Doctor, Any]) -> QuerySet[Patient]:
    """Return the patients with an appointment with any of these doctors."""
    appointments = Appointment.objects.not_cancelled().filter(doctor__in=doctors)
    return Patient.objects.filter(pk__in=appointments.values("patient"))


def doctors_of(patient: Patient) -> QuerySet[Doctor]:
    """Return the doctors with whom a patient has an appointment."""
    appointments = Appointment.objects.not_cancelled().filter(patient=patient)
    return Doctor.objects.filter(pk__in=appointments.order_by().values("doctor"))
