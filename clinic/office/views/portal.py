"""A patient's own appointments."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from clinic.core.http import SignedInRequest
from clinic.core.models.clinic_settings import ClinicSettings
from clinic.core.refusals import refusal_page
from clinic.people.models.user import User
from clinic.people.permissions import can_see_own_record, can_see_portal
from clinic.people.services.succession import word_of_leaving
from clinic.records.permissions import visible_consultations
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.wish import AppointmentRequest
from clinic.scheduling.pages.feeds import calendar_response
from clinic.scheduling.permissions import can_transition, visible_appointments
from clinic.scheduling.services.cancellation import (
    can_still_be_cancelled_by_patient,
    cancel_own_appointment,
    cancellation_notice,
    is_too_late_to_cancel,
)
from clinic.scheduling.services.feeds import visit_file
from clinic.scheduling.services.own_appointments import (
    record_appointment_file,
    record_own_appointments_view,
)
from clinic.scheduling.services.portal_booking import can_be_moved_by_patient
from clinic.scheduling.services.slots import day_bounds

Status = Appointment.Status
WORDS_FOR_PATIENTS: dict[str, str | Promise] = {
    Status.REQUESTED: gettext_lazy("Waiting for the clinic’s answer"),
    Status.WAITLIST: gettext_lazy("On the waiting list"),
    Status.BOOKED: gettext_lazy("Booked"),
    Status.CONFIRMED: gettext_lazy("Confirmed"),
    Status.ARRIVED: gettext_lazy("You have arrived"),
    Status.IN_CONSULTATION: gettext_lazy("With the doctor"),
    Status.COMPLETED: gettext_lazy("Done"),
    Status.CANCELLED: gettext_lazy("Cancelled"),
    Status.NO_SHOW: gettext_lazy("Missed"),
    Status.RESCHEDULED: gettext_lazy("Moved to another time"),
}
GOING_ON = (Status.ARRIVED, Status.IN_CONSULTATION)
LEFT_OPEN = gettext_lazy("Not completed yet")


@dataclass(frozen=True)
class OwnAppointment:
    """One appointment in words for the patient, and what can be done about it."""

    appointment: Appointment
    words: str | Promise
    can_cancel: bool
    can_move: bool
    wish: AppointmentRequest | None
    has_file: bool
    is_too_late: bool
    leaving: str
    consultation_id: UUID | None


@require_GET
def my_appointments(request: SignedInRequest) -> HttpResponse:
    """Show the patient's appointments: upcoming ones, then past ones."""
    if not can_see_portal(request.user):
        raise PermissionDenied
    own = (
        visible_appointments(request.user)
        .filter(status__in=WORDS_FOR_PATIENTS)
        .telling_wishes()
        .select_related(
            "doctor__user",
            "doctor__successor__user",
            "visit_type",
            "request__wished_doctor__user",
            "request__replaces",
        )
    )
    is_open = Q(ends_at__gte=timezone.now(), status__in=Appointment.OPEN_STATUSES)
    # An unfinished visit is over when its day is.
    midnight, _end = day_bounds(timezone.localdate())
    to_come = is_open | Q(ends_at__gte=midnight, status__in=GOING_ON)
    past = own.exclude(to_come).order_by("-starts_at")
    page = Paginator(past, settings.PAGE_SIZE).get_page(request.GET.get("page"))
    upcoming = _in_words(request.user, own.filter(to_come))
    record_own_appointments_view(actor=request.user)
    clinic = ClinicSettings.objects.current()
    context = {
        "upcoming": upcoming,
        "past": _in_words(request.user, page, is_past=True),
        "page_obj": page,
        "clinic": clinic,
        "clinic_phone": clinic.phone_in_words,
        "portal": clinic.portal_booking,
        "is_record_open": can_see_own_record(request.user),
    }
    return render(request, "clinic/office/my_appointments.html", context)


@require_POST
def my_appointment_cancel(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Cancel the patient's own appointment, as long as the clinic's notice allows."""
    appointment = get_object_or_404(visible_appointments(request.user), pk=pk)
    is_own = can_see_portal(request.user)
    if not is_own or not can_transition(request.user, appointment, Status.CANCELLED):
        raise PermissionDenied
    try:
        cancel_own_appointment(appointment=appointment, actor=request.user)
    except ValidationError as error:
        return refusal_page(request, error)
    messages.success(request, _("Your appointment is cancelled."))
    return redirect("clinic:my_appointments")


@require_GET
def my_appointment_calendar(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Send the patient's own appointment as a file for a calendar program."""
    appointment = get_object_or_404(
        visible_appointments(request.user).select_related("patient"), pk=pk
    )
    if not can_see_portal(request.user):
        raise PermissionDenied
    try:
        file = visit_file(appointment)
    except ValidationError as error:
        return refusal_page(request, error)
    record_appointment_file(appointment=appointment, actor=request.user)
    return calendar_response(file.content, filename="visit.ics")


def _wish_of(appointment: Appointment) -> AppointmentRequest | None:
    """Return the patient's request, unless the desk has given the appointment a time."""
    is_only_wish: bool = getattr(appointment, "is_only_wish", False)
    return getattr(appointment, "request", None) if is_only_wish else None


def _in_words(
    user: User, appointments: Iterable[Appointment], *, is_past: bool = False
) -> list[OwnAppointment]:
    appointments = list(appointments)
    notice = cancellation_notice()
    signed = dict(
        visible_consultations(user)
        .filter(appointment__in=appointments)
        .values_list("appointment_id", "pk")
    )
    return [
        OwnAppointment(
            appointment=appointment,
            wish=_wish_of(appointment),
            words=LEFT_OPEN
            if is_past and appointment.status in GOING_ON
            else WORDS_FOR_PATIENTS[appointment.status],
            has_file=appointment.status in Appointment.EXPECTED_STATUSES,
            can_cancel=can_still_be_cancelled_by_patient(appointment, notice=notice),
            can_move=can_be_moved_by_patient(appointment, notice=notice),
            is_too_late=is_too_late_to_cancel(appointment, notice=notice),
            leaving=word_of_leaving(appointment.doctor)
            if appointment.status in Appointment.EXPECTED_STATUSES
            else "",
            consultation_id=signed.get(appointment.pk),
        )
        for appointment in appointments
    ]
