"""The page of a whole visit."""

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from clinic.core.http import SignedInRequest
from clinic.people.models.consent import Consent
from clinic.records.models.consultation import Consultation
from clinic.records.pages.visits import visit_context, visits_to_show
from diagnosis.lesions.forms import PhotographForm
from diagnosis.lesions.models import LesionImage
from diagnosis.reviews.forms import ReviewForm
from diagnosis.reviews.models.visit_diagnosis import VisitDiagnosis
from diagnosis.reviews.pages.panels import lesion_context, new_photograph_form, panel_context
from diagnosis.reviews.permissions import can_see_to_review


def get_visit(request: SignedInRequest, pk: UUID) -> Consultation:
    """Return a visit that this doctor may see, or answer 404."""
    diagnoses = VisitDiagnosis.objects.filter(consultation=OuterRef("pk"))
    visits = visits_to_show(request.user).with_consents().annotate(has_diagnoses=Exists(diagnoses))
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
    **changes: Any,
) -> HttpResponse:
    """Render the page, with the form that was rejected, if any."""
    context = visit_context(consultation, request.user)
    context |= panel_context(
        consultation,
        request.user,
        shown=image.pk if image else asked_photograph(request),
        review_form=review_form,
        agreed=agreed_purposes(consultation),
        # They follow in a second request.
        diagnoses=(),
    )
    context |= lesion_context(
        consultation, request.user, cards=context["cards"], selected=context["selected"]
    )
    context["photograph_form"] = photograph_form
    if context["can_upload"] and photograph_form is None:
        context["photograph_form"] = new_photograph_form(
            consultation, lesions=context["lesions"], body_sites=context["body_sites"]
        )
    return render(request, "diagnosis/reviews/visit.html", context | changes, status=status)


def agreed_purposes(consultation: Consultation) -> list[str]:
    """Return the purposes that the patient of a visit from `get_visit` consents to."""
    given = {
        Consent.Purpose.PHOTOGRAPHY: consultation.has_photography_consent,
        Consent.Purpose.AI_ANALYSIS: consultation.has_ai_consent,
        Consent.Purpose.TRAINING: consultation.has_training_consent,
    }
    return [purpose for purpose, is_given in given.items() if is_given]


def asked_photograph(request: SignedInRequest) -> UUID | None:
    """Return the photograph that the URL names."""
    try:
        return UUID(request.GET.get("photograph", ""))
    except ValueError:
        return None
