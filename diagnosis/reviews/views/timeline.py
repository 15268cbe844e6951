from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from clinic.core.http import SignedInRequest
from clinic.office.pages.day import read_day, visits_of
from clinic.office.permissions import can_see_own_day
from clinic.people.permissions import patients_in_care
from clinic.records.allergy_bar import allergy_bar_of
from clinic.records.permissions import visible_consultations, visible_prescriptions
from diagnosis.lesions.models import LesionImage
from diagnosis.lesions.permissions import visible_lesions
from diagnosis.reviews.permissions import newest_reviews, visible_diagnoses, visible_images
from diagnosis.reviews.services.timeline import (
    Kind,
    Sources,
    order_keys,
    read_entries,
    record_timeline_view,
)
from diagnosis.reviews.services.worklist import open_photographs, record_day_alerts_view

# The box is above the day's patients and must not push them off the screen.
PATIENTS_NAMED = 3


@dataclass(frozen=True)
class Waiting:
    """A patient's most pressing photograph, and how many of the patient's are open."""

    photograph: LesionImage
    count: int


@require_GET
def timeline(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show the timeline of a patient in care, with one kind of entry or all."""
    user = request.user
    patient = get_object_or_404(patients_in_care(user), pk=pk)
    wanted = request.GET.get("kind", "")
    kind = wanted if wanted in Kind.values else ""
    sources = Sources(
        visits=visible_consultations(user),
        lesions=visible_lesions(user),
        photographs=visible_images(user),
        reviews=newest_reviews(),
        diagnoses=visible_diagnoses(user).standing(),
        prescriptions=visible_prescriptions(user),
    )
    rows = sources.of_patient(patient, kind)
    # The keys are short, so all of them cost less than a count and a page of them.
    page = Paginator(list(order_keys(rows)), settings.PAGE_SIZE).get_page(request.GET.get("page"))
    record_timeline_view(patient=patient, actor=user)
    context = {
        "patient": patient,
        "allergy_bar": allergy_bar_of(patient),
        "page_obj": page,
        "entries": read_entries(rows, page.object_list),
        "kind": kind,
        "kinds": Kind.choices,
    }
    return render(request, "diagnosis/reviews/timeline.html", context)


@require_GET
def day_alerts(request: SignedInRequest) -> HttpResponse:
    """Say which patients of a day have open photographs, the most pressing ones by name."""
    if not can_see_own_day(request.user):
        raise PermissionDenied
    day = read_day(request.GET.get("date", ""))
    visits = visits_of(request.user, day)
    of_the_day = visible_images(request.user).filter(
        lesion__patient__in=visits.order_by().values("patient")
    )
    by_patient: dict[UUID, list[LesionImage]] = {}
    # The most pressing photograph of a patient is the first one, and decides the patient's place.
    for photograph in open_photographs(of_the_day):
        by_patient.setdefault(photograph.lesion.patient_id, []).append(photograph)
    waiting = [Waiting(photographs[0], len(photographs)) for photographs in by_patient.values()]
    count = sum(each.count for each in waiting)
    record_day_alerts_view(actor=request.user, day=day, count=count)
    context = {
        "photograph_count": count,
        "waiting": waiting[:PATIENTS_NAMED],
        "others": len(waiting[PATIENTS_NAMED:]),
    }
    return render(request, "diagnosis/reviews/partials/day_alerts.html", context)
