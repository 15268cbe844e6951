"""What the views of a photograph share: finding it and rendering its panels."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from clinic.core.http import SignedInRequest
from diagnosis.lesions.forms import MoveForm
from diagnosis.lesions.models import LesionImage
from diagnosis.reviews.forms import ReleaseForm, ReviewForm
from diagnosis.reviews.pages.panels import lesion_context, panel_context
from diagnosis.reviews.permissions import can_see_to_review, visible_images


def visit_url(image: LesionImage) -> str:
    """Return the URL of a photograph in its visit."""
    page = reverse("diagnosis:visit", args=[image.consultation_id])
    return f"{page}?photograph={image.pk}#answer-panel"


def small_warning() -> str:
    """Return the warning for a photograph with fewer pixels than the networks' input."""
    return _("This photograph is small. The answer may be less reliable.")


def get_image_for_doctor(request: SignedInRequest, pk: UUID) -> LesionImage:
    """Return a photograph of a patient in care, or answer 404."""
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
    """Render the photograph with its answer, and the current body map."""
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
    release_form: ReleaseForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render what an answer changes on the page; the photograph itself is left alone."""
    context = panel_context(
        image.consultation, request.user, shown=image.pk, review_form=review_form
    )
    if release_form:
        context["release_form"] = release_form
    return render(request, "diagnosis/reviews/partials/answer_update.html", context, status=status)


def get_image(request: SignedInRequest, pk: UUID) -> LesionImage:
    """Return a photograph that this user may see, or answer 404."""
    images = visible_images(request.user).select_related(
        "lesion__patient", "consultation__patient", "consultation__doctor"
    )
    return get_object_or_404(images, pk=pk)
