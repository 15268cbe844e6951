"""When the doctors work, week by week."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from clinic.people.models.doctor import Doctor
from clinic.people.permissions import visible_doctors
from clinic.scheduling.forms.schedule import BufferForm, HoursForm
from clinic.scheduling.models.schedule import Absence, Availability
from clinic.scheduling.permissions import can_manage_schedule, visible_availabilities
from clinic.scheduling.services.weekly_hours import (
    add_hours,
    add_hours_around_break,
    remove_hours,
    set_buffer,
)


@dataclass(frozen=True)
class Weekday:
    """A day of the week and the hours on it."""

    name: str
    hours: list[Availability]


@require_GET
def doctor_list(request: SignedInRequest) -> HttpResponse:
    """List every doctor with the week at a glance."""
    if not can_manage_schedule(request.user):
        raise PermissionDenied
    doctors = visible_doctors(request.user).prefetch_related("availabilities")
    page = Paginator(doctors, settings.PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "rows": [(doctor, _week(list(doctor.availabilities.all()))) for doctor in page],
    }
    return render(request, "clinic/scheduling/doctor_list.html", context)


@require_http_methods(["GET", "POST"])
def doctor_hours(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show a doctor's weekly hours, with a form to add more."""
    doctor = get_object_or_404(visible_doctors(request.user), pk=pk)
    if not can_manage_schedule(request.user):
        raise PermissionDenied
    form = HoursForm(request.POST or None)
    if form.is_valid():
        try:
            _add_hours(form, doctor, request)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The hours are added."))
            return redirect("clinic:doctor_hours", pk=doctor.pk)
    return _hours_page(request, doctor, form, status=422 if form.errors else 200)


@require_POST
def doctor_buffer(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Set how many minutes stay free after each of a doctor's visits."""
    doctor = get_object_or_404(visible_doctors(request.user), pk=pk)
    if not can_manage_schedule(request.user):
        raise PermissionDenied
    form = BufferForm(request.POST, doctor=doctor)
    if form.is_valid():
        try:
            set_buffer(
                doctor=doctor,
                minutes=form.cleaned_data["buffer_minutes"],
                actor=request.user,
                refuse_stale=form.refuse_stale,
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Saved. Existing bookings stay where they are."))
            return redirect("clinic:doctor_hours", pk=doctor.pk)
    return _hours_page(request, doctor, HoursForm(), buffer=form, status=422)


@require_POST
def hours_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Remove hours from a doctor's week."""
    hours = get_object_or_404(visible_availabilities(request.user), pk=pk)
    if not can_manage_schedule(request.user):
        raise PermissionDenied
    remove_hours(hours=hours, actor=request.user)
    messages.success(request, _("The hours are removed. Visits already booked in them stay."))
    return redirect("clinic:doctor_hours", pk=hours.doctor_id)


def _add_hours(form: HoursForm, doctor: Doctor, request: SignedInRequest) -> None:
    said = form.cleaned_data
    if "break_from" not in said:
        add_hours(doctor=doctor, actor=request.user, hours=form.hours)
        return
    add_hours_around_break(
        doctor=doctor,
        actor=request.user,
        hours=form.hours,
        break_from=said["break_from"],
        break_until=said["break_until"],
    )


def _hours_page(
    request: SignedInRequest,
    doctor: Doctor,
    form: HoursForm,
    *,
    buffer: BufferForm | None = None,
    status: int,
) -> HttpResponse:
    context = {
        "doctor": doctor,
        "form": form,
        "buffer": buffer or BufferForm(doctor=doctor),
        "week": _week(list(doctor.availabilities.all())),
        "absences": Absence.objects.of(doctor).coming()[: settings.PAGE_SIZE],
    }
    return render(request, "clinic/scheduling/doctor_hours.html", context, status=status)


def _week(availabilities: list[Availability]) -> list[Weekday]:
    return [
        Weekday(str(day.label), [hours for hours in availabilities if hours.weekday == day])
        for day in Availability.Weekday
    ]
