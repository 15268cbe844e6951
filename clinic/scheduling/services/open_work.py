"""Count the visits that a doctor would leave open."""

from clinic.people.models.doctor import Doctor
from clinic.scheduling.models.appointment import Appointment


def count_visits_to_come(doctor: Doctor) -> int:
    """Count the visits that are agreed and not over."""
    return Appointment.objects.filter(doctor=doctor).upcoming().count()


def count_waiting(doctor: Doctor) -> int:
    """Count the patients who have arrived and are not called in yet."""
    return Appointment.objects.filter(doctor=doctor, status=Appointment.Status.ARRIVED).count()


def count_to_move(doctor: Doctor) -> int:
    """Count the visits that another doctor could take."""
    return Appointment.objects.expected().filter(doctor=doctor).count()
