"""The desk's list of patients' requests, and the answer to each."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from clinic.core.refusals import refusal_page
from clinic.people.permissions import visible_patients
from clinic.people.services.patients import record_patient_list, record_patient_view
from clinic.scheduling.forms.portal import DeclineForm, RequestBookingForm
from clinic.scheduling.models.wish import AppointmentRequest, AppointmentRequestQuerySet
from clinic.scheduling.pages.booking import (
    may_overbook_after,
    refuse_to_overbook_without_leave,
    told_to_desk,
    with_call,
    with_chosen_slot,
)
from clinic.scheduling.permissions import can_run_desk, visible_requests
from clinic.scheduling.services.appointments import (
    IllegalTransitionError,
    book_requested_appointment,
)
from clinic.scheduling.services.booking_guards import SlotRefusedError
from clinic.scheduling.services.slots import Slot, day_bounds, next_free_slots
from clinic.scheduling.services.wishes import (
    clear_possible_duplicate,
    decline_request,
    put_on_waiting_list,
)

DUPLICATES = 25


@require_GET
def request_list(request: SignedInRequest) -> HttpResponse:
    """Show new requests first, then the waiting list, then possible duplicates."""
    if not can_run_desk(request.user):
        raise PermissionDenied
    requests = _with_people(visible_requests(request.user))
    new = Paginator(requests.new(), settings.PAGE_SIZE).get_page(request.GET.get("page"))
    waiting = list(requests.on_waiting_list()[: settings.PAGE_SIZE])
    duplicates = list(
        visible_patients(request.user).filter(is_possible_duplicate=True)[:DUPLICATES]
    )
    count = len(new.object_list) + len(waiting) + len(duplicates)
    record_patient_list(actor=request.user, of="requests", count=count)
    context = {"page_obj": new, "waiting": waiting, "duplicates": duplicates}
    return render(request, "clinic/scheduling/request_list.html", context)


@require_http_methods(["GET", "POST"])
def request_book(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show a request with free times near it; the desk books one or answers otherwise."""
    asked = _asked(request, pk)
    appointment = asked.appointment
    if request.method == "GET":
        record_patient_view(patient=appointment.patient, actor=request.user, target=appointment)
        known = _chosen(request)
        if request.htmx:
            context = {"slots": _slots(asked, known), "is_request": True}
            return render(request, "clinic/scheduling/partials/appointment_times.html", context)
        form = RequestBookingForm(initial=_proposal(asked), user=request.user)
        return _page(request, asked, form)
    form = RequestBookingForm(with_chosen_slot(request.POST), user=request.user)
    slots: list[Slot] | None = None
    is_complete = form.is_valid()
    is_overbooking = refuse_to_overbook_without_leave(request, form)
    if is_complete:
        try:
            booked = book_requested_appointment(
                appointment=appointment, actor=request.user, **form.cleaned_data
            )
        except IllegalTransitionError as error:
            return refusal_page(request, error)
        except SlotRefusedError as refusal:
            add_errors(form, refusal)
            slots = refusal.alternatives
            is_overbooking = may_overbook_after(request, form, refusal)
            asked = _asked(request, pk)
        except ValidationError as error:
            add_errors(form, error)
        else:
            words = _("Booked: %(day)s at %(time)s with %(doctor)s.")
            messages.success(request, told_to_desk(words, booked))
            return redirect("clinic:request_list")
    return _page(request, asked, form, slots=slots, is_overbooking=is_overbooking, status=422)


@require_POST
def request_waitlist(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Put a request on the waiting list."""
    asked = _asked(request, pk)
    try:
        put_on_waiting_list(request=asked, actor=request.user)
    except ValidationError as error:
        return refusal_page(request, error)
    messages.success(request, _("The request is on the waiting list."))
    return redirect("clinic:request_list")


@require_POST
def request_decline(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Decline, with a sentence that the patient gets by email."""
    asked = _asked(request, pk)
    form = DeclineForm(request.POST)
    if not form.is_valid():
        booking = RequestBookingForm(initial=_proposal(asked), user=request.user)
        return _page(request, asked, booking, decline_form=form, status=422)
    try:
        decline_request(request=asked, actor=request.user, **form.cleaned_data)
    except ValidationError as error:
        return refusal_page(request, error)
    patient = asked.appointment.patient
    words = (
        _("The request is declined. The patient is informed by email.")
        if patient.email
        else with_call(_("The request is declined."), patient)
    )
    messages.success(request, words)
    return redirect("clinic:request_list")


@require_POST
def duplicate_clear(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Remove a patient from the list of possible duplicates."""
    patient = get_object_or_404(visible_patients(request.user), pk=pk)
    if not can_run_desk(request.user):
        raise PermissionDenied
    clear_possible_duplicate(patient=patient, actor=request.user)
    messages.success(request, _("The patient is off the list."))
    return redirect("clinic:request_list")


def _asked(request: SignedInRequest, pk: UUID) -> AppointmentRequest:
    asked = get_object_or_404(_with_people(visible_requests(request.user)), pk=pk)
    if not can_run_desk(request.user):
        raise PermissionDenied
    return asked


def _with_people(requests: AppointmentRequestQuerySet) -> AppointmentRequestQuerySet:
    return requests.select_related(
        "appointment__patient",
        "appointment__visit_type",
        "appointment__doctor__user",
        "wished_doctor__user",
        "replaces__doctor__user",
    )


def _proposal(asked: AppointmentRequest) -> dict[str, Any]:
    """Return the patient's wish, as far as the form can show it."""
    proposal: dict[str, Any] = {"doctor": asked.appointment.doctor}
    if asked.wished_time:
        proposal["starts_at"] = timezone.localtime(asked.appointment.starts_at)
    return proposal


def _chosen(request: SignedInRequest) -> dict[str, Any]:
    """Return the doctor and the time that the desk has chosen so far, if they are valid."""
    form = RequestBookingForm(request.GET, user=request.user)
    form.is_valid()
    return form.cleaned_data


def _slots(asked: AppointmentRequest, known: dict[str, Any]) -> list[Slot]:
    """Return free times from the first wished or the chosen day on, with that doctor or any."""
    after: datetime = (
        asked.appointment.starts_at if asked.wished_time else day_bounds(asked.first_day)[0]
    )
    after = known.get("starts_at") or after
    return next_free_slots(
        visit_type=asked.appointment.visit_type,
        after=max(after, timezone.now()),
        doctor=known.get("doctor") or asked.wished_doctor,
        patient=asked.appointment.patient,
        count=8,
    )


def _page(
    request: SignedInRequest,
    asked: AppointmentRequest,
    form: RequestBookingForm,
    *,
    decline_form: DeclineForm | None = None,
    slots: list[Slot] | None = None,
    is_overbooking: bool = False,
    status: int = 200,
) -> HttpResponse:
    appointment = asked.appointment
    context = {
        "asked": asked,
        "appointment": appointment,
        "form": form,
        "decline_form": decline_form or DeclineForm(),
        "slots": _slots(asked, getattr(form, "cleaned_data", {})) if slots is None else slots,
        "is_refused": slots is not None,
        "is_overbooking": is_overbooking,
        "is_new": appointment.status == appointment.Status.REQUESTED,
        "is_open": appointment.status
        in {appointment.Status.REQUESTED, appointment.Status.WAITLIST},
    }
    return render(request, "clinic/scheduling/request_book.html", context, status=status)
