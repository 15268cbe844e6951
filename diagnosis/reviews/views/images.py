from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clinic.core.http import SignedInRequest
from clinic.records.models.consultation import Consultation
from clinic.records.permissions import can_write_visit
from diagnosis.lesions.forms import MoveForm, PhotographForm, lesion_name
from diagnosis.lesions.models import LesionImage
from diagnosis.lesions.services.photographs import (
    record_image_download,
    record_image_view,
    upload_image,
)
from diagnosis.predictions.models.prediction import Prediction
from diagnosis.predictions.permissions import can_ask_model
from diagnosis.predictions.services.predictions import request_prediction
from diagnosis.reviews.forms import ReviewForm
from diagnosis.reviews.pages.panels import lesion_context, panel_context
from diagnosis.reviews.permissions import can_see_to_review, visible_images
from diagnosis.reviews.views.visits import get_visit, render_visit


@require_POST
def image_upload(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Takes in one photograph and queues it; answers at once."""
    consultation = get_visit(request, pk)
    if not can_write_visit(request.user, consultation):
        raise PermissionDenied
    form = PhotographForm(
        request.POST,
        request.FILES,
        patient=consultation.patient,
        site_of_visit=consultation.body_site_id,
    )
    image = _upload(form, consultation, request) if form.is_valid() else None
    if image is None:
        return _refused(request, consultation, form)
    prediction = _request_prediction(image, request)
    if request.accepts("text/html"):
        return redirect(visit_url(image))
    return JsonResponse(
        {
            "image": image.pk,
            "lesion": image.lesion_id,
            "lesion_name": lesion_name(image.lesion),
            "prediction": prediction.pk if prediction else None,
            "status_url": reverse("diagnosis:prediction_status", args=[prediction.pk])
            if prediction
            else None,
            "panel_url": reverse("diagnosis:image_panel", args=[image.pk]),
            "warning": small_warning() if image.is_small else "",
        },
        status=201,
    )


@require_GET
def image_panel(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Shows another photograph of the visit with its answer, without the rest of the page."""
    image = get_image_for_doctor(request, pk)
    record_image_view(image=image, actor=request.user)
    return render_panels(request, image)


@require_POST
def prediction_request(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Has a photograph analysed that was not, because the consent came later or the model did."""
    image = get_image_for_doctor(request, pk)
    if not can_ask_model(request.user, image):
        raise PermissionDenied
    try:
        request_prediction(image=image, actor=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    if request.htmx:
        return render_answer(request, image)
    return redirect(visit_url(image))


@require_GET
def image_file(request: SignedInRequest, pk: UUID) -> FileResponse:
    """Hands out a photograph at full size to somebody who may see it."""
    image = _get_image(request, pk)
    return _send(image, request, size="full")


@require_GET
def image_thumbnail(request: SignedInRequest, pk: UUID) -> FileResponse:
    """Hands out a photograph in small to somebody who may see it."""
    image = _get_image(request, pk)
    return _send(image, request, size="thumbnail")


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
    return _get_image(request, pk)


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
    return render(request, "diagnosis/partials/panels.html", context, status=status)


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
    return render(request, "diagnosis/partials/answer_update.html", context, status=status)


def _get_image(request: SignedInRequest, pk: UUID) -> LesionImage:
    images = visible_images(request.user).select_related(
        "lesion__patient", "consultation__patient", "consultation__doctor"
    )
    return get_object_or_404(images, pk=pk)


def _upload(
    form: PhotographForm, consultation: Consultation, request: SignedInRequest
) -> LesionImage | None:
    try:
        return upload_image(
            consultation=consultation,
            data=form.cleaned_data["photograph"].read(),
            actor=request.user,
            lesion=form.cleaned_data["lesion"],
            body_site=form.cleaned_data["body_site"],
            place=form.cleaned_data["place"],
        )
    except ValidationError as error:
        form.add_error("photograph", error)
        return None


def _request_prediction(image: LesionImage, request: SignedInRequest) -> Prediction | None:
    """Queues the photograph; the page says so where the patient has not agreed."""
    try:
        return request_prediction(image=image, actor=request.user)
    except ValidationError:
        return None


def _refused(
    request: SignedInRequest, consultation: Consultation, form: PhotographForm
) -> HttpResponse:
    if request.accepts("text/html"):
        return render_visit(request, consultation, photograph_form=form, status=422)
    return JsonResponse({"errors": form.errors}, status=422)


def _send(image: LesionImage, request: SignedInRequest, *, size: str) -> FileResponse:
    field = image.file if size == "full" else image.thumbnail
    try:
        file = field.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    record_image_download(image=image, actor=request.user, size=size)
    return FileResponse(
        file,
        content_type="image/jpeg",
        filename=f"{image.pk}.jpg",
        headers={"Cache-Control": "private, no-store"},
    )
