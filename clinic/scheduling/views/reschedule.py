"""Find another time for a booked appointment."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.core.dialogs import dialog_done
from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest, is_in_dialog
from clinic.core.refusals import refusal_page
from clinic.people.services.patients import record_patient_view
from clinic.scheduling.forms.appointments import RescheduleForm
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.pages.booking import (
    may_overbook_after,
    refuse_to_overbook_without_leave,
    staff_appointment,
    told_to_desk,
    with_chosen_slot,
)
from clinic.scheduling.permissions import can_transition
from clinic.scheduling.services.appointments import IllegalTransitionError, reschedule_appointment
from clinic.scheduling.services.booking_guards import SlotRefusedError
from clinic.scheduling.services.slots import Slot, next_free_slots

RESCHEDULED = Appointment.Status.RESCHEDULED


@require_http_methods(["GET", "POST"])
def appointment_reschedule(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Move an appointment; the old time is freed only once the new one is booked."""
    appointment = staff_appointment(request, pk)
    if not can_transition(request.user, appointment, RESCHEDULED):
        raise PermissionDenied
    if not appointment.can_become(RESCHEDULED):
        return _too_late(request, IllegalTransitionError(appointment.status, RESCHEDULED))
    if request.method == "GET":
        record_patient_view(patient=appointment.patient, actor=request.user, target=appointment)
        known = _asked(request)
        slots = _next_slots(appointment, known)
        if request.htmx and not is_in_dialog(request):
            return _times(request, slots)
        form = RescheduleForm(initial={"doctor": appointment.doctor} | known, user=request.user)
        return _page(request, appointment, form, slots)
    form = RescheduleForm(with_chosen_slot(request.POST), user=request.user)
    refused: list[Slot] | None = None
    is_complete = form.is_valid()
    is_overbooking = refuse_to_overbook_without_leave(request, form)
    if is_complete:
        try:
            moved = reschedule_appointment(
                appointment=appointment, actor=request.user, **form.cleaned_data
            )
        except IllegalTransitionError as error:
            return _too_late(request, error)
        except SlotRefusedError as refusal:
            add_errors(form, refusal)
            refused = refusal.alternatives
            is_overbooking = may_overbook_after(request, form, refusal)
        except ValidationError as error:
            add_errors(form, error)
        else:
            return _moved(request, moved)
    slots = _next_slots(appointment, form.cleaned_data) if refused is None else refused
    return _page(request, appointment, form, slots, is_overbooking=is_overbooking, status=422)


def _asked(request: SignedInRequest) -> dict[str, Any]:
    """Return the doctor and time named in the address, if they are valid."""
    form = RescheduleForm(request.GET, user=request.user)
    form.is_valid()
    return {name: form.cleaned_data[name] for name in request.GET if name in form.cleaned_data}


def _next_slots(appointment: Appointment, known: dict[str, Any]) -> list[Slot]:
    starts_at: datetime = known.get("starts_at") or appointment.starts_at
    return next_free_slots(
        visit_type=appointment.visit_type,
        after=max(starts_at, timezone.now()),
        doctor=known.get("doctor") or appointment.doctor,
        patient=appointment.patient,
    )


def _page(
    request: SignedInRequest,
    appointment: Appointment,
    form: RescheduleForm,
    slots: list[Slot],
    *,
    is_overbooking: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = {
        "appointment": appointment,
        "form": form,
        "slots": slots,
        "is_overbooking": is_overbooking,
    }
    return render(request, "clinic/scheduling/appointment_reschedule.html", context, status=status)


def _times(request: SignedInRequest, slots: list[Slot]) -> HttpResponse:
    """Show only the free times, after the doctor or the day has been chosen anew."""
    context = {"slots": slots, "is_move": True}
    return render(request, "clinic/scheduling/partials/appointment_times.html", context)


def _moved(request: SignedInRequest, appointment: Appointment) -> HttpResponse:
    words = told_to_desk(_("Moved to %(day)s at %(time)s with %(doctor)s."), appointment)
    if is_in_dialog(request):
        return dialog_done(words)
    messages.success(request, words)
    return redirect("clinic:appointment_detail", pk=appointment.pk)


def _too_late(request: SignedInRequest, error: IllegalTransitionError) -> HttpResponse:
    if is_in_dialog(request):
        return dialog_done(" ".join(error.messages), level="danger", status=409)
    return refusal_page(request, error)
