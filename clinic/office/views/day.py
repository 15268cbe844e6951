from datetime import date, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Case, F, IntegerField, QuerySet, Value, When
from django.forms import DateField
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.core.http import SignedInRequest
from clinic.office.permissions import can_see_own_day
from clinic.people.models.user import User
from clinic.records.models.consultation import Consultation
from clinic.records.services.consultations import (
    open_visit,
    record_day_view,
    undo_call_in,
)
from clinic.records.services.facts import active_allergies
from clinic.records.views.visits import writable_visit
from clinic.scheduling.forms.calendar import WITHIN_REASON
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.permissions import can_open_visit, visible_appointments

Status = Appointment.Status
DAY = DateField(required=False, validators=WITHIN_REASON)
# Who waits comes first, then who is to come; what is over goes to the end.
PLACES = {
    Status.ARRIVED: 0,
    Status.IN_CONSULTATION: 1,
    Status.BOOKED: 2,
    Status.CONFIRMED: 2,
    Status.COMPLETED: 3,
}


def doctor_day(request: SignedInRequest) -> HttpResponse:
    """A doctor's visits of one day, those who wait first; the list alone when htmx asks again."""
    if not can_see_own_day(request.user):
        raise PermissionDenied
    return day_page(request, read_day(request.GET.get("date", "")))


def read_day(text: str) -> date:
    """The day that the address names, or today."""
    try:
        day: date | None = DAY.clean(text)
    except ValidationError:
        day = None
    return day or timezone.localdate()


def visits_of(user: User, day: date) -> QuerySet[Appointment]:
    """The doctor's own appointments of the day in the order in which they matter."""
    urgent = When(status=Status.ARRIVED, is_urgent=True, then=Value(-1))
    places = [When(status=status, then=Value(place)) for status, place in PLACES.items()]
    return (
        Appointment.objects.not_cancelled()
        .filter(doctor__user=user)
        .on_day(day)
        .annotate(place=Case(urgent, *places, default=Value(4), output_field=IntegerField()))
        .select_related("patient", "visit_type", "consultation", "arrival_token")
        .prefetch_related(active_allergies("patient"))
        .order_by("place", "starts_at", "arrived_at", "pk")
    )


def taken_over(user: User) -> QuerySet[Consultation]:
    """Return visits that a deactivated colleague left unsigned, and that the doctor now signs."""
    return (
        Consultation.objects.filter(doctor__user=user, signed_at__isnull=True)
        .exclude(appointment__doctor=F("doctor"))
        .select_related("patient", "appointment__doctor__user")
        .only("started_at", "patient", "appointment")
    )


def left_open(user: User) -> QuerySet[Consultation]:
    """Return the doctor's own visits of earlier days that were never signed, the oldest first."""
    own = Consultation.objects.filter(doctor__user=user, appointment__doctor=F("doctor"))
    unsigned = own.left_open_before(timezone.localdate())
    return unsigned.select_related("patient").only("started_at", "patient")


def day_page(
    request: SignedInRequest, day: date, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    """The list of a day, with a sentence where an action on it was refused."""
    paginator = Paginator(visits_of(request.user, day), settings.PAGE_SIZE)
    context = {
        "day": day,
        "today": timezone.localdate(),
        "previous_day": day - timedelta(days=1),
        "next_day": day + timedelta(days=1),
        "page_obj": paginator.get_page(request.GET.get("page")),
        "refusal": refusal,
    }
    # The list asks for itself every few seconds: one reading, not hundreds.
    if request.htmx:
        return render(request, "clinic/partials/visit_day_list.html", context, status=status)
    context["taken_over"] = list(taken_over(request.user))
    context["left_open"] = left_open(request.user)[: settings.PAGE_SIZE]
    record_day_view(actor=request.user, day=day, count=paginator.count)
    return render(request, "clinic/doctor_day.html", context, status=status)


@require_POST
def visit_open(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Calls an arrived patient in and goes to the visit."""
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
    """Takes back a call-in and goes to who waits."""
    consultation = writable_visit(request, pk)
    try:
        undo_call_in(consultation=consultation, actor=request.user)
    except ValidationError as error:
        day = timezone.localdate(consultation.appointment.starts_at)
        return day_page(request, day, refusal=" ".join(error.messages), status=409)
    messages.success(request, _("The call-in is undone. The patient is waiting again."))
    return redirect("clinic:doctor_day")
