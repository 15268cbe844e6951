"""The page of a doctor's day."""

from datetime import date, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Case, F, IntegerField, QuerySet, Value, When
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from clinic.core.date_fields import DayField, DayInput
from clinic.core.http import SignedInRequest
from clinic.people.models.user import User
from clinic.records.models.consultation import Consultation
from clinic.records.services.consultations import (
    record_day_view,
)
from clinic.records.services.facts import active_allergies
from clinic.scheduling.models.appointment import Appointment

Status = Appointment.Status

DAY = DayField(required=False)
DAY_INPUT = DayInput(attrs={"data-autosubmit": True})

# Waiting patients come first, then those expected; finished visits go to the end.
PLACES = {
    Status.ARRIVED: 0,
    Status.IN_CONSULTATION: 1,
    Status.BOOKED: 2,
    Status.CONFIRMED: 2,
    Status.COMPLETED: 3,
}


def read_day(text: str) -> date:
    """Return the day in the address, or today."""
    try:
        day: date | None = DAY.clean(text)
    except ValidationError:
        day = None
    return day or timezone.localdate()


def visits_of(user: User, day: date) -> QuerySet[Appointment]:
    """Return the doctor's own appointments of the day, the most pressing first."""
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
    """Return visits that a deactivated colleague left for this doctor to sign."""
    return (
        Consultation.objects.filter(doctor__user=user, signed_at__isnull=True)
        .exclude(appointment__doctor=F("doctor"))
        .select_related("patient", "appointment__doctor__user")
        .only("started_at", "patient", "appointment")
    )


def left_open(user: User) -> QuerySet[Consultation]:
    """Return the doctor's own unsigned visits of earlier days, oldest first."""
    own = Consultation.objects.filter(doctor__user=user, appointment__doctor=F("doctor"))
    unsigned = own.left_open_before(timezone.localdate())
    return unsigned.select_related("patient").only("started_at", "patient")


def day_page(
    request: SignedInRequest, day: date, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    """Return the list of a day, with a message if an action on it was refused."""
    paginator = Paginator(visits_of(request.user, day), settings.PAGE_SIZE)
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "day": day,
        "today": timezone.localdate(),
        "day_input": DAY_INPUT.render("date", day, {"id": "day", "class": "form-control"}),
        "previous_day": day - timedelta(days=1),
        "next_day": day + timedelta(days=1),
        "page_obj": page,
        "refusal": refusal,
    }
    record_day_view(actor=request.user, day=day, count=paginator.count, page=page.number)
    if request.htmx:
        return render(request, "clinic/office/partials/visit_day_list.html", context, status=status)
    context["taken_over"] = list(taken_over(request.user))
    context["left_open"] = left_open(request.user)[: settings.PAGE_SIZE]
    return render(request, "clinic/office/doctor_day.html", context, status=status)
