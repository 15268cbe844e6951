"""Patients book or request an appointment, or another time."""

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from clinic.core.models.clinic_settings import ClinicSettings
from clinic.core.refusals import refusal_page
from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient
from clinic.people.permissions import visible_doctors, visible_patients
from clinic.people.services.patients import record_patient_view
from clinic.scheduling.forms.portal import SlotForm, SlotSearchForm, WishForm
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.schedule import VisitType
from clinic.scheduling.pages.booking import when_and_with_whom, with_chosen_slot
from clinic.scheduling.permissions import can_book_in_portal, visible_appointments
from clinic.scheduling.services.booking_guards import SlotRefusedError
from clinic.scheduling.services.cancellation import check_notice
from clinic.scheduling.services.portal_booking import (
    book_own_appointment,
    free_times,
    move_own_appointment,
    next_times,
    offered_visit_types,
    request_another_time,
    request_appointment,
    soon_enough,
)
from clinic.scheduling.services.slots import Slot

PortalBooking = ClinicSettings.PortalBooking


@require_http_methods(["GET", "POST"])
def my_book(request: SignedInRequest) -> HttpResponse:
    """Book or request an appointment, or ask to call, as the clinic has chosen."""
    patient = _own_patient(request)
    return _page_of(request, patient, None)


@require_http_methods(["GET", "POST"])
def my_appointment_reschedule(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Move the patient's own appointment, within the clinic's notice."""
    appointments = visible_appointments(request.user).select_related(
        "patient", "doctor__user", "visit_type"
    )
    appointment = get_object_or_404(appointments, pk=pk)
    patient = _own_patient(request)
    if appointment.status not in Appointment.EXPECTED_STATUSES:
        return refusal_page(request, ValidationError(_("This appointment can no longer be moved.")))
    try:
        check_notice(appointment)
    except ValidationError as error:
        return refusal_page(request, error)
    if request.method == "GET":
        record_patient_view(patient=patient, actor=request.user, target=appointment)
    return _page_of(request, patient, appointment)


def _own_patient(request: SignedInRequest) -> Patient:
    if not can_book_in_portal(request.user):
        raise PermissionDenied
    return get_object_or_404(visible_patients(request.user))


def _page_of(request: SignedInRequest, patient: Patient, moved: Appointment | None) -> HttpResponse:
    clinic = ClinicSettings.objects.current()
    if clinic.portal_booking == PortalBooking.INSTANT:
        return _instant(request, patient, moved)
    if clinic.portal_booking == PortalBooking.REQUEST:
        return _wish(request, patient, moved)
    if request.method == "POST":
        return refusal_page(
            request, ValidationError(_("The clinic does not offer this here. Please call us."))
        )
    return _page(request, {"clinic": clinic, "moved": moved}, mode="off")


def _instant(request: SignedInRequest, patient: Patient, moved: Appointment | None) -> HttpResponse:
    """Show free times as buttons; if somebody else was faster, show the next ones."""
    is_move = moved is not None
    if request.method == "GET":
        return _times_page(request, patient, moved)
    form = SlotForm(with_chosen_slot(request.POST), user=request.user, is_move=is_move)
    if not form.is_valid():
        return _times_page(request, patient, moved, refusal=_words_of(form), status=422)
    chosen = form.cleaned_data
    try:
        if moved is None:
            appointment = book_own_appointment(patient=patient, actor=request.user, **chosen)
        else:
            appointment = move_own_appointment(appointment=moved, actor=request.user, **chosen)
    except SlotRefusedError as refusal:
        words = _("Somebody else was faster, or this time is no longer free.")
        slots = soon_enough(refusal.alternatives)
        return _times_page(request, patient, moved, refusal=words, slots=slots, status=422)
    except ValidationError as error:
        words = " ".join(error.messages)
        return _times_page(request, patient, moved, refusal=words, status=422)
    words = _("Booked: %(day)s at %(time)s with %(doctor)s.") % when_and_with_whom(appointment)
    messages.success(request, words)
    return redirect("clinic:my_appointments")


def _times_page(
    request: SignedInRequest,
    patient: Patient,
    moved: Appointment | None,
    *,
    refusal: str = "",
    slots: list[Slot] | None = None,
    status: int = 200,
) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    initial = _first_choice(moved)
    data = {**initial, **{name: value for name, value in asked.items() if value}}
    # If no doctor was chosen, that stays so, although the clicked button names one.
    data["doctor"] = asked.get("doctor", "" if asked else initial["doctor"])
    form = SlotSearchForm(data, user=request.user, is_move=moved is not None)
    is_later = False
    if form.is_valid() and slots is None:
        slots, is_later = _slots(request, patient, moved, form.cleaned_data)
    elif slots is None and status == 200:
        status = 422
    context = {
        "form": form,
        "moved": moved,
        "slots": slots or [],
        "is_later": is_later,
        "is_one_day": not (refusal or is_later),
        "refusal": refusal,
        "day": form.cleaned_data.get("day"),
    }
    return _page(request, context, mode="instant", status=status)


def _first_choice(moved: Appointment | None) -> dict[str, Any]:
    today = timezone.localdate()
    if moved is not None:
        day = max(timezone.localdate(moved.starts_at), today)
        is_here = moved.doctor.user.is_active
        return {"day": day.isoformat(), "doctor": str(moved.doctor_id) if is_here else ""}
    visit_type = offered_visit_types().first()
    return {
        "day": today.isoformat(),
        "doctor": "",
        "visit_type": visit_type.pk if visit_type else "",
    }


def _slots(
    request: SignedInRequest, patient: Patient, moved: Appointment | None, asked: dict[str, Any]
) -> tuple[list[Slot], bool]:
    """Return the day's free times or else the next few, and which of the two they are."""
    visit_type: VisitType = moved.visit_type if moved else asked["visit_type"]
    doctor: Doctor | None = asked["doctor"]
    day: date = asked["day"]
    doctors = [doctor] if doctor else list(visible_doctors(request.user))
    slots = free_times(visit_type=visit_type, doctors=doctors, day=day, patient=patient)
    if slots:
        return slots, False
    slots = next_times(visit_type=visit_type, doctor=doctor, day=day, patient=patient)
    return slots, bool(slots)


def _wish(request: SignedInRequest, patient: Patient, moved: Appointment | None) -> HttpResponse:
    """Take a request for a time, or for any time on some days, which the desk answers."""
    is_move = moved is not None
    initial = {"doctor": moved.doctor} if moved else {}
    form = WishForm(request.POST or None, user=request.user, is_move=is_move, initial=initial)
    if form.is_valid():
        try:
            if moved is None:
                request_appointment(
                    patient=patient,
                    visit_type=form.cleaned_data["visit_type"],
                    wish=form.wish(),
                    actor=request.user,
                )
            else:
                request_another_time(appointment=moved, wish=form.wish(), actor=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(
                request, _("We have received your request. You will get the answer by email.")
            )
            return redirect("clinic:my_appointments")
    status = 422 if request.method == "POST" else 200
    return _page(request, {"form": form, "moved": moved}, mode="request", status=status)


def _page(
    request: SignedInRequest, context: dict[str, Any], *, mode: str, status: int = 200
) -> HttpResponse:
    return render(
        request, "clinic/scheduling/my_book.html", {**context, "mode": mode}, status=status
    )


def _words_of(form: forms.Form) -> str:
    return " ".join(str(message) for errors in form.errors.values() for message in errors)
