"""What pages that book or move appointments share."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.formats import date_format

from clinic.core.http import SignedInRequest
from clinic.people.permissions import can_see_patient_list
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.permissions import (
    visible_appointments,
)


def with_chosen_slot(data: QueryDict) -> QueryDict:
    """Return the form data with the doctor and time of the free slot that was clicked."""
    doctor, _slash, starts_at = data.get("slot", "").partition("/")
    if not starts_at:
        return data
    data = data.copy()
    data["doctor"], data["starts_at"] = doctor, starts_at
    return data


def when_and_with_whom(appointment: Appointment) -> dict[str, object]:
    """Return the day, time and doctor for a sentence."""
    starts_at = timezone.localtime(appointment.starts_at)
    return {
        "day": date_format(starts_at, "l j F"),
        "time": date_format(starts_at, "H:i"),
        "doctor": appointment.doctor,
    }


def staff_appointment(request: SignedInRequest, pk: UUID) -> Appointment:
    """Return the appointment for those who plan or see patients; raise a 404 or 403 for others."""
    appointments = visible_appointments(request.user).select_related(
        "patient", "doctor__user", "visit_type", "created_by", "rescheduled_from", "rescheduled_to"
    )
    appointment = get_object_or_404(appointments, pk=pk)
    if not can_see_patient_list(request.user):
        raise PermissionDenied
    return appointment
