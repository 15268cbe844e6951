from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from clinic.core.http import SignedInRequest
from clinic.records.services.consultations import record_visit_part_view, record_visit_view
from diagnosis.reviews.pages.panels import panel_context
from diagnosis.reviews.pages.visits import asked_photograph, get_visit, render_visit


@require_GET
def visit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show a visit on one page: the patient, the photographs, the answer, the notes."""
    consultation = get_visit(request, pk)
    record_visit_view(consultation=consultation, actor=request.user)
    return render_visit(request, consultation)


@require_GET
def visit_thumbnails(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Render the row of thumbnails again while an answer is still to come."""
    consultation = get_visit(request, pk)
    record_visit_part_view(consultation=consultation, actor=request.user)
    context = panel_context(consultation, request.user, shown=asked_photograph(request))
    return render(request, "diagnosis/reviews/partials/thumbnails_update.html", context)
