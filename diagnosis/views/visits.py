from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from clinic.models import Consultation
from clinic.permissions import visible_consultations
from clinic.requests import SignedInRequest
from clinic.services.consultations import record_visit_view
from clinic.views.visits import visit_context
from diagnosis.forms import PhotographForm, ReviewForm
from diagnosis.models import LesionImage
from diagnosis.permissions import can_see_to_review, visible_images
from diagnosis.views.panels import panel_context


@require_GET
def visit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Shows the whole visit on one page: the patient, the photographs, the answer, the notes."""
    consultation = get_visit(request, pk)
    record_visit_view(consultation=consultation, actor=request.user)
    return render_visit(request, consultation)


@require_GET
def visit_thumbnails(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Refreshes the row of thumbnails while an answer is still to come."""
    consultation = get_visit(request, pk)
    image = _asked_for(request, consultation)
    context = panel_context(consultation, request.user, image=image)
    return render(request, "diagnosis/partials/thumbnails.html", context)


def get_visit(request: SignedInRequest, pk: UUID) -> Consultation:
    """Finds a visit that this doctor may know of; for everybody else there is none."""
    visits = visible_consultations(request.user).select_related(
        "patient", "doctor__user", "appointment", "body_site", "signed_by"
    )
    if not can_see_to_review(request.user):
        visits = visits.none()
    return get_object_or_404(visits, pk=pk)


def render_visit(
    request: SignedInRequest,
    consultation: Consultation,
    *,
    image: LesionImage | None = None,
    photograph_form: PhotographForm | None = None,
    review_form: ReviewForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Renders the page, with a refused form where there is one."""
    panels = panel_context(
        consultation,
        request.user,
        image=image or _asked_for(request, consultation),
        photograph_form=photograph_form,
        review_form=review_form,
    )
    context = visit_context(consultation, request.user, request.GET.get("timeline")) | panels
    return render(request, "diagnosis/visit.html", context, status=status)


def _asked_for(request: SignedInRequest, consultation: Consultation) -> LesionImage | None:
    """The photograph that the address names, where it belongs to this visit."""
    try:
        pk = UUID(request.GET.get("photograph", ""))
    except ValueError:
        return None
    return visible_images(request.user).filter(consultation=consultation, pk=pk).first()
