"""What pages that book or move appointments share."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from clinic.core.http import SignedInRequest
from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient
from clinic.people.permissions import can_see_patient_list
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.permissions import can_overbook, visible_appointments
from clinic.scheduling.services.booking_guards import SlotRefusedError
from clinic.scheduling.services.slots import is_on_grid


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
        "day": date_format(starts_at, "WEEKDAY_FORMAT"),
        "time": date_format(starts_at, "H:i"),
        "doctor": appointment.doctor,
    }


def refuse_to_overbook_without_leave(request: SignedInRequest, form: Form) -> bool:
    """Return whether the person asks to overbook; raise a 403 for those who may not."""
    doctor: Doctor | None = form.cleaned_data.get("doctor")
    if doctor is None or "overbook" not in request.POST:
        return False
    if not can_overbook(request.user, doctor):
        raise PermissionDenied
    return True


def may_overbook_after(request: SignedInRequest, form: Form, refusal: SlotRefusedError) -> bool:
    """Return whether the person may book a refused time anyway."""
    doctor = form.cleaned_data.get("doctor")
    return refusal.is_overridable and doctor is not None and can_overbook(request.user, doctor)


def with_call(words: str, patient: Patient) -> str:
    """Return what happened, and that the desk has to call if no email reaches the patient."""
    if patient.email:
        return words
    return f"{words} {_('There is no email address: call the patient.')}"


def told_to_desk(words: str, appointment: Appointment) -> str:
    """Return what was booked or moved, and what the desk may not have meant or still has to do."""
    said = words % when_and_with_whom(appointment)
    # The desk may squeeze a visit in; a slip of a finger looks the same.
    if not appointment.is_overbooked and not is_on_grid(appointment):
        said = " ".join([said, _("This is between the times that are offered.")])
    return with_call(said, appointment.patient)


def staff_appointment(request: SignedInRequest, pk: UUID) -> Appointment:
    """Return the appointment for those who plan or see patients; raise a 404 or 403 for others."""
    appointments = visible_appointments(request.user).select_related(
        "patient", "doctor__user", "visit_type", "created_by", "rescheduled_from", "rescheduled_to"
    )
    appointment = get_object_or_404(appointments, pk=pk)
    if not can_see_patient_list(request.user):
        raise PermissionDenied
    return appointment
