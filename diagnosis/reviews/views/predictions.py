from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clinic.core.http import SignedInRequest
from diagnosis.lesions.imaging import draw_class_map
from diagnosis.lesions.services.photographs import record_image_view
from diagnosis.predictions.answers import as_json
from diagnosis.predictions.models.prediction import Prediction
from diagnosis.predictions.permissions import can_ask_model, visible_predictions
from diagnosis.predictions.services.diagnoses import disease_named, suggest_diagnoses
from diagnosis.predictions.services.predictions import retry_prediction
from diagnosis.reviews.forms import ReviewForm, stages_of
from diagnosis.reviews.pages.images import render_answer, visit_url
from diagnosis.reviews.pages.panels import panel_context
from diagnosis.reviews.pages.visits import get_visit, render_visit
from diagnosis.reviews.permissions import can_review, can_see_to_review, visible_images
from diagnosis.reviews.services.reviews import ReviewedMeanwhileError, review_prediction
from diagnosis.reviews.services.worklist import open_photographs, record_worklist_view


@require_GET
def prediction_status(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Tell the polling page whether the answer is there."""
    prediction = _get_prediction(request, pk)
    record_image_view(image=prediction.image, actor=request.user)
    if not request.accepts("text/html"):
        return JsonResponse(as_json(prediction))
    asked = request.GET.get("asked", "")
    context = panel_context(
        prediction.image.consultation,
        request.user,
        shown=prediction.image_id,
        asked=int(asked) if asked.isdecimal() else 0,
    )
    # The answer may have come between two queries, so what is rendered decides.
    part = "answer_panel" if context["selected"].is_waiting else "answer_update"
    return render(request, f"diagnosis/reviews/partials/{part}.html", context)


@require_POST
def prediction_retry(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Queue a failed analysis again."""
    prediction = _get_prediction(request, pk)
    if not can_ask_model(request.user, prediction.image):
        raise PermissionDenied
    try:
        retry_prediction(prediction=prediction, actor=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    if request.htmx:
        return render_answer(request, prediction.image)
    return redirect(visit_url(prediction.image))


@require_POST
def prediction_review(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Record the doctor's decision on an answer."""
    prediction = _get_prediction(request, pk)
    if not can_review(request.user, prediction):
        raise PermissionDenied
    form = ReviewForm(request.POST)
    if form.is_valid() and _review(form, prediction, request):
        if request.htmx:
            return render_answer(request, prediction.image)
        messages.success(request, _("The review is saved."))
        return redirect(visit_url(prediction.image))
    if request.htmx:
        return render_answer(request, prediction.image, review_form=form, status=422)
    return render_visit(
        request,
        get_visit(request, prediction.image.consultation_id),
        image=prediction.image,
        review_form=form,
        status=422,
    )


@require_POST
def disease_find(request: SignedInRequest) -> HttpResponse:
    """Suggest diagnoses for what is typed; by POST, so that no address says what somebody has."""
    if not can_see_to_review(request.user):
        raise PermissionDenied
    typed = request.POST.get("disease", "")
    disease = disease_named(typed)
    form = ReviewForm(stages=stages_of(disease) if disease else [])
    context = {
        "rows": suggest_diagnoses(typed),
        "review_form": form,
        # A diagnosis without a photograph has no stage.
        "has_stage": request.htmx.target != "visit-disease-names",
    }
    return render(request, "diagnosis/reviews/partials/disease_names.html", context)


@require_GET
def class_map(request: SignedInRequest, pk: UUID, label: str) -> HttpResponse:
    """Serve the class map of a photograph as an image."""
    prediction = _get_prediction(request, pk)
    grid = prediction.class_maps.get(label)
    if grid is None:
        raise Http404
    record_image_view(image=prediction.image, actor=request.user)
    png = draw_class_map(
        grid,
        crop=tuple(prediction.crop),
        width=prediction.image.width,
        height=prediction.image.height,
    )
    return HttpResponse(
        png, content_type="image/png", headers={"Cache-Control": "private, no-store"}
    )


@require_GET
def to_review(request: SignedInRequest) -> HttpResponse:
    """List the photographs that are waiting for a doctor's decision, most malignant first."""
    if not can_see_to_review(request.user):
        raise PermissionDenied
    photographs = open_photographs(visible_images(request.user)).prefetch_related("predictions")
    page = Paginator(photographs, settings.PAGE_SIZE).get_page(request.GET.get("page"))
    record_worklist_view(actor=request.user, count=page.paginator.count)
    return render(request, "diagnosis/reviews/to_review.html", {"page_obj": page})


def _get_prediction(request: SignedInRequest, pk: UUID) -> Prediction:
    predictions = visible_predictions(request.user).select_related(
        "image__lesion__patient", "image__consultation__patient", "image__consultation__doctor"
    )
    return get_object_or_404(predictions, pk=pk)


def _review(form: ReviewForm, prediction: Prediction, request: SignedInRequest) -> bool:
    said = form.cleaned_data
    try:
        review_prediction(
            prediction=prediction,
            actor=request.user,
            decision=said["decision"],
            diagnosis=form.diagnosis,
            reason=said["reason"],
            comment=said["comment"],
            seen_review=said["seen_review"],
        )
    except ReviewedMeanwhileError as error:
        form.add_error(None, error)
        form.show_review(error.review)
        return False
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True
