"""What a doctor says about when the patient reads a diagnosis."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from diagnosis.reviews.forms import ReleaseForm
from diagnosis.reviews.models.review import Review
from diagnosis.reviews.pages.images import render_answer, visit_url
from diagnosis.reviews.pages.visits import get_visit, render_visit
from diagnosis.reviews.permissions import can_release, can_see_to_review, visible_reviews
from diagnosis.reviews.services.releases import choose_release, note_conversation


@require_POST
def review_release(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Choose when the patient reads a diagnosis."""
    review = _get_review(request, pk)
    form = ReleaseForm(request.POST)
    if form.is_valid():
        try:
            choose_release(diagnosis=review, actor=request.user, choice=form.choice)
        except ValidationError as error:
            add_errors(form, error)
    image = review.prediction.image
    if request.htmx:
        status = 422 if form.errors else 200
        return render_answer(
            request, image, release_form=form if form.errors else None, status=status
        )
    if form.errors:
        visit = get_visit(request, image.consultation_id)
        return render_visit(request, visit, image=image, release_form=form, status=422)
    messages.success(request, _("Saved."))
    return redirect(visit_url(image))


@require_POST
def review_talked(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Note that the doctor has talked with the patient about a diagnosis."""
    review = _get_review(request, pk)
    try:
        note_conversation(diagnosis=review, actor=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    if request.htmx:
        return render_answer(request, review.prediction.image)
    return redirect(visit_url(review.prediction.image))


def _get_review(request: SignedInRequest, pk: UUID) -> Review:
    reviews = visible_reviews(request.user) if can_see_to_review(request.user) else None
    rows = (Review.objects.none() if reviews is None else reviews).select_related(
        "disease",
        "prediction__image__lesion__patient",
        "prediction__image__consultation__patient",
        "prediction__image__consultation__doctor",
    )
    review = get_object_or_404(rows, pk=pk)
    if not can_release(request.user, review):
        raise PermissionDenied
    return review
