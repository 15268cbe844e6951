from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clinic.core.http import SignedInRequest
from clinic.office.pages.day import day_page, read_day
from clinic.office.permissions import can_see_own_day
from clinic.records.pages.visits import writable_visit
from clinic.records.services.consultations import (
    open_visit,
    undo_call_in,
)
from clinic.scheduling.permissions import can_open_visit, visible_appointments


@require_GET
def doctor_day(request: SignedInRequest) -> HttpResponse:
    """Show a doctor's visits on one day, waiting patients first; htmx only gets the list."""
    if not can_see_own_day(request.user):
        raise PermissionDenied
    return day_page(request, read_day(request.GET.get("date", "")))


@require_POST
def visit_open(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Call an arrived patient in and go to the visit."""
    appointments = visible_appointments(request.user).select_related("doctor", "patient")
    appointment = get_object_or_404(appointments, pk=pk)
    if not can_open_visit(request.user, appointment):
        raise PermissionDenied
    try:
        consultation = open_visit(appointment=appointment, actor=request.user)
    except ValidationError as error:
        day = timezone.localdate(appointment.starts_at)
        return day_page(request, day, refusal=" ".join(error.messages), status=409)
    return redirect(consultation)


@require_POST
def visit_undo(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Undo a call-in and go to the waiting patients."""
    consultation = writable_visit(request, pk)
    try:
        undo_call_in(consultation=consultation, actor=request.user)
    except ValidationError as error:
        day = timezone.localdate(consultation.appointment.starts_at)
        return day_page(request, day, refusal=" ".join(error.messages), status=409)
    messages.success(request, _("The call-in is undone. The patient is waiting again."))
    return redirect("clinic:doctor_day")
