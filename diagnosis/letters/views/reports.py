from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from clinic.core.http import SignedInRequest
from clinic.core.refusals import refusal_page
from clinic.people.permissions import can_see_portal
from clinic.records.pages.papers import send_paper
from clinic.records.permissions import visible_consultations, visible_prescriptions
from diagnosis.letters.services.visit_report import VisitRecord, print_visit_report
from diagnosis.reviews.permissions import (
    signed_diagnoses,
    signed_reviews,
    validated_reviews,
    visible_diagnoses,
    visible_images,
)


@require_GET
def visit_report(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Serve the report of a signed visit as a PDF."""
    visits = visible_consultations(request.user).select_related(
        "patient", "doctor__user", "body_site"
    )
    visit = get_object_or_404(visits.prefetch_related("symptoms", "addenda__written_by"), pk=pk)
    prescriptions = visible_prescriptions(request.user).filter(signed_at__isnull=False)
    is_own = can_see_portal(request.user)
    record = VisitRecord(
        visit=visit,
        reviews=signed_reviews(request.user).with_told() if is_own else validated_reviews(),
        diagnoses=signed_diagnoses(request.user).with_told()
        if is_own
        else visible_diagnoses(request.user).standing(),
        prescription=prescriptions.filter(consultation=visit).first(),
        photographs=visible_images(request.user),
    )
    try:
        paper = print_visit_report(
            record=record,
            is_for_patient=is_own,
            actor=request.user,
            site_url=request.build_absolute_uri("/"),
        )
    except ValidationError as error:
        return refusal_page(request, error)
    return send_paper(paper)
