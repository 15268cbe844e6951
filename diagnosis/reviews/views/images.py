from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from clinic.core.http import SignedInRequest
from clinic.records.models.consultation import Consultation
from clinic.records.permissions import can_write_visit
from diagnosis.lesions.forms import PhotographForm, lesion_name
from diagnosis.lesions.models import LesionImage
from diagnosis.lesions.services.photographs import (
    record_image_download,
    record_image_view,
    upload_image,
)
from diagnosis.predictions.models.prediction import Prediction
from diagnosis.predictions.permissions import can_ask_model
from diagnosis.predictions.services.predictions import request_prediction
from diagnosis.reviews.pages.images import (
    get_image,
    get_image_for_doctor,
    render_answer,
    render_panels,
    small_warning,
    visit_url,
)
from diagnosis.reviews.pages.visits import get_visit, render_visit


@require_POST
def image_upload(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Store one photograph and queue it for analysis; respond at once."""
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
    """Show another photograph of the visit with its answer, without the rest of the page."""
    image = get_image_for_doctor(request, pk)
    record_image_view(image=image, actor=request.user)
    return render_panels(request, image)


@require_POST
def prediction_request(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Queue a photograph that was not analysed because consent or the model came later."""
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
    """Serve a photograph at full size."""
    image = get_image(request, pk)
    return _send(image, request, size="full")


@require_GET
def image_thumbnail(request: SignedInRequest, pk: UUID) -> FileResponse:
    """Serve the thumbnail of a photograph."""
    image = get_image(request, pk)
    return _send(image, request, size="thumbnail")


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
    """Queue the photograph; without consent the page says so instead."""
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
