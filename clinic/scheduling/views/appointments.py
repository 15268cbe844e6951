"""Book an appointment at the desk, and change it later."""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.core.dialogs import dialog_done
from clinic.core.forms import add_errors, offer_rows
from clinic.core.http import SignedInRequest, is_in_dialog
from clinic.core.redirects import next_or
from clinic.people.ended import ended_patient, lead_back_from_ended
from clinic.people.permissions import can_register_patients
from clinic.people.services.patients import record_patient_view
from clinic.scheduling.forms.appointments import BookingForm, MoveForm
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.schedule import VisitType
from clinic.scheduling.pages.booking import (
    may_overbook_after,
    refuse_to_overbook_without_leave,
    staff_appointment,
    told_to_desk,
    with_call,
    with_chosen_slot,
)
from clinic.scheduling.pages.moves import moves_for
from clinic.scheduling.pages.patient_choice import Draft, patient_choice, sound_parts
from clinic.scheduling.permissions import (
    bookable_doctors,
    can_book,
    can_run_desk,
    can_transition,
)
from clinic.scheduling.services.appointments import (
    Booking,
    IllegalTransitionError,
    book_appointment,
    move_appointment,
)
from clinic.scheduling.services.booking_guards import SlotRefusedError
from clinic.scheduling.services.slots import Slot, next_free_slots
from clinic.scheduling.services.wishes import wish_without_time

Status = Appointment.Status
DRAFT = Draft(
    "booking_draft",
    ("doctor", "visit_type", "starts_at", "is_urgent", "note"),
    "clinic:appointment_book",
)


@require_http_methods(["GET", "POST"])
def appointment_book(request: SignedInRequest) -> HttpResponse:
    """Book a patient with a doctor at a time; a refused time comes with the next free ones."""
    if not can_book(request.user):
        raise PermissionDenied
    if away := lead_back_from_ended(
        request, ended_patient(request, request.GET.get("patient", ""))
    ):
        return away
    if request.method == "GET":
        return _empty_booking(request)
    if "register" in request.POST:
        return DRAFT.register_first(request)
    if "find" in request.POST:
        return _found(request)
    return _book(request)


@require_GET
def appointment_detail(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show an appointment and its history."""
    appointment = staff_appointment(request, pk)
    record_patient_view(patient=appointment.patient, actor=request.user, target=appointment)
    return _detail_page(request, appointment)


@require_POST
def appointment_move(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Move an appointment to another status."""
    appointment = staff_appointment(request, pk)
    form = MoveForm(request.POST)
    status, old = form.data.get("status", ""), appointment.status
    if not can_run_desk(request.user) or not can_transition(request.user, appointment, status):
        raise PermissionDenied
    if not form.is_valid():
        return _not_moved(request, appointment, form, status=422)
    try:
        move_appointment(appointment=appointment, actor=request.user, **form.cleaned_data)
    except IllegalTransitionError as error:
        appointment.refresh_from_db()
        add_errors(form, error)
        return _not_moved(request, appointment, form, status=409)
    except ValidationError as error:
        add_errors(form, error)
        return _not_moved(request, appointment, form, status=422)
    words = _words_of_move(appointment, old)
    if is_in_dialog(request):
        return dialog_done(words)
    if request.htmx:
        return _desk_card(request, appointment)
    messages.success(request, words)
    page = reverse("clinic:appointment_detail", args=[appointment.pk])
    return redirect(next_or(request, page))


def _words_of_move(appointment: Appointment, old: str) -> str:
    """Return the new status, and whether the desk has to tell the patient itself."""
    words = appointment.get_status_display()
    is_news = appointment.status == Status.CANCELLED and old != Status.ARRIVED
    is_told = not is_news or bool(appointment.patient.email)
    return words if is_told else with_call(f"{words}.", appointment.patient)


def _empty_booking(request: SignedInRequest) -> HttpResponse:
    """Show the form, filled in from the address or from a draft."""
    asked = DRAFT.asked(request)
    if "start" in asked:
        asked["starts_at"] = asked["start"].replace(" ", "+")
    if not can_run_desk(request.user):
        # Doctors only book in their own calendar, so there is nothing to choose.
        asked["doctor"] = bookable_doctors(request.user).values_list("pk", flat=True).first()
    known = sound_parts(BookingForm, asked, request=request)
    if request.htmx and not is_in_dialog(request):
        context = {"slots": _next_slots(known)}
        return render(request, "clinic/scheduling/partials/appointment_times.html", context)
    return _booking_page(request, BookingForm(initial=known, user=request.user), known)


def _found(request: SignedInRequest) -> HttpResponse:
    """Show the form with the patients that match the typed text; this needs no script."""
    known = sound_parts(BookingForm, request.POST.dict(), request=request)
    form = BookingForm(initial=known, user=request.user)
    return _booking_page(request, form, known, text=request.POST.get("q", ""))


def _book(request: SignedInRequest) -> HttpResponse:
    form = BookingForm(with_chosen_slot(request.POST), user=request.user)
    is_complete = form.is_valid()
    known = dict(form.cleaned_data)
    is_overbooking = refuse_to_overbook_without_leave(request, form)
    page = partial(_booking_page, request, form, known, status=422)
    if not is_complete:
        return page(is_overbooking=is_overbooking)
    try:
        appointment = book_appointment(booking=Booking(**known), actor=request.user)
    except SlotRefusedError as refusal:
        add_errors(form, refusal)
        is_overridable = may_overbook_after(request, form, refusal)
        return page(slots=refusal.alternatives, is_overbooking=is_overridable)
    except ValidationError as error:
        add_errors(form, error)
        return page(is_overbooking=is_overbooking)
    return _booked(request, appointment)


def _next_slots(known: dict[str, Any]) -> list[Slot]:
    visit_type = known.get("visit_type") or VisitType.objects.filter(is_active=True).first()
    if visit_type is None:
        return []
    starts_at: datetime | None = known.get("starts_at")
    return next_free_slots(
        visit_type=visit_type,
        after=max(starts_at or timezone.now(), timezone.now()),
        doctor=known.get("doctor"),
        patient=known.get("patient"),
    )


def _booking_page(
    request: SignedInRequest,
    form: BookingForm,
    known: dict[str, Any],
    *,
    slots: list[Slot] | None = None,
    text: str = "",
    is_overbooking: bool = False,
    status: int = 200,
) -> HttpResponse:
    offer_rows(form.fields["visit_type"], VisitType.objects.filter(is_active=True))
    context = {
        **patient_choice(request, known, text),
        "form": form,
        "slots": _next_slots(known) if slots is None else slots,
        "is_refused": slots is not None,
        "is_overbooking": is_overbooking,
        "can_register": can_register_patients(request.user),
    }
    return render(request, "clinic/scheduling/appointment_book.html", context, status=status)


def _booked(request: SignedInRequest, appointment: Appointment) -> HttpResponse:
    words = told_to_desk(_("Booked: %(day)s at %(time)s with %(doctor)s."), appointment)
    if is_in_dialog(request):
        return dialog_done(words)
    messages.success(request, words)
    day = {"date": timezone.localdate(appointment.starts_at).isoformat()}
    page = "clinic:desk_day" if can_run_desk(request.user) else "clinic:doctor_day"
    return redirect(reverse(page, query=day, fragment=f"appointment-{appointment.pk}"))


def _detail_page(
    request: SignedInRequest,
    appointment: Appointment,
    *,
    form: MoveForm | None = None,
    status: int = 200,
) -> HttpResponse:
    moves = moves_for(request.user, appointment)
    context = {
        "appointment": appointment,
        "moves": moves,
        "reasons_asked": sum(move.needs_reason for move in moves),
        "form": form or MoveForm(),
        "transitions": appointment.transitions.select_related("made_by"),
        "notices": appointment.notices.all(),
        "asked": wish_without_time(appointment),
        "can_run_desk": can_run_desk(request.user),
        "can_reschedule": appointment.can_become(Status.RESCHEDULED)
        and can_transition(request.user, appointment, Status.RESCHEDULED),
    }
    return render(request, "clinic/scheduling/appointment_detail.html", context, status=status)


def _not_moved(
    request: SignedInRequest, appointment: Appointment, form: MoveForm, *, status: int
) -> HttpResponse:
    if request.htmx and not is_in_dialog(request):
        return _desk_card(request, appointment, form=form, status=status)
    return _detail_page(request, appointment, form=form, status=status)


def _desk_card(
    request: SignedInRequest,
    appointment: Appointment,
    *,
    form: MoveForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "appointment": appointment,
        "moves": moves_for(request.user, appointment),
        "form": form,
        "next": next_or(request, reverse("clinic:desk_day")),
    }
    return render(
        request, "clinic/scheduling/partials/desk_appointment.html", context, status=status
    )
