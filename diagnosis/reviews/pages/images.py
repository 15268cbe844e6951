"""What every view of a photograph fetches and answers."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from clinic.core.http import SignedInRequest
from diagnosis.lesions.forms import MoveForm
from diagnosis.lesions.models import LesionImage
from diagnosis.reviews.forms import ReviewForm
from diagnosis.reviews.pages.panels import lesion_context, panel_context
from diagnosis.reviews.permissions import can_see_to_review, visible_images


def visit_url(image: LesionImage) -> str:
    """Where a photograph stands in its visit."""
    page = reverse("diagnosis:visit", args=[image.consultation_id])
    return f"{page}?photograph={image.pk}#photograph-panel"


def small_warning() -> str:
    """What is said of a photograph with fewer pixels than the networks look at."""
    return _("This photograph is small. The answer may be less reliable.")


def get_image_for_doctor(request: SignedInRequest, pk: UUID) -> LesionImage:
    """Finds a photograph of a patient in care."""
    if not can_see_to_review(request.user):
        raise Http404
    return get_image(request, pk)


def render_panels(
    request: SignedInRequest,
    image: LesionImage,
    *,
    move_form: MoveForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Renders the photograph with its answer, and the body map as it is by now."""
    context = panel_context(image.consultation, request.user, shown=image.pk)
    context |= lesion_context(
        image.consultation, request.user, cards=context["cards"], selected=context["selected"]
    )
    if move_form:
        context["move_form"] = move_form
    return render(request, "diagnosis/reviews/partials/panels.html", context, status=status)


def render_answer(
    request: SignedInRequest,
    image: LesionImage,
    *,
    review_form: ReviewForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Renders what an answer changes on the page; the photograph itself stays where it is."""
    context = panel_context(
        image.consultation, request.user, shown=image.pk, review_form=review_form
    )
    return render(request, "diagnosis/reviews/partials/answer_update.html", context, status=status)


def get_image(request: SignedInRequest, pk: UUID) -> LesionImage:
    """The photograph, for whoever may see it."""
    images = visible_images(request.user).select_related(
        "lesion__patient", "consultation__patient", "consultation__doctor"
    )
    return get_object_or_404(images, pk=pk)
