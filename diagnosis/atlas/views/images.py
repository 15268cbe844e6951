"""Images of the atlas: doctors propose them, admins accept them, both see them."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from diagnosis.atlas.forms import AtlasImageForm, AtlasImageTextForm, ReasonForm
from diagnosis.atlas.models import AtlasImage
from diagnosis.atlas.pages import IMAGES_ON_A_PAGE, get_disease
from diagnosis.atlas.permissions import can_manage_atlas, can_see_atlas, visible_atlas_images
from diagnosis.atlas.services.images import (
    add_atlas_image,
    archive_atlas_image,
    decide_atlas_image,
    describe_atlas_image,
)
from diagnosis.predictions.models.disease import Disease


@require_http_methods(["GET", "POST"])
def atlas_image_add(request: SignedInRequest, pk: int) -> HttpResponse:
    """Add an image: an admin's is shown at once, a doctor's is a proposal."""
    disease = get_disease(request, pk)
    can_manage = can_manage_atlas(request.user)
    form = AtlasImageForm(request.POST or None, request.FILES or None, disease=disease)
    if form.is_valid() and _add(form, disease, request, is_accepted=can_manage):
        said = (
            _("The image is now in the atlas.")
            if can_manage
            else _("Thank you. An admin will decide.")
        )
        messages.success(request, said)
        return redirect("diagnosis:atlas_disease", pk=disease.pk)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "disease": disease, "can_manage": can_manage}
    return render(request, "diagnosis/atlas/atlas_image_add.html", context, status=status)


@require_GET
def atlas_image(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show one image large, with links to the previous and the next."""
    return _image_page(request, _get_image(request, pk))


@require_GET
def atlas_proposals(request: SignedInRequest) -> HttpResponse:
    """List the images that are waiting for an admin's decision, oldest first."""
    _refuse_readers(request)
    proposals = AtlasImage.objects.proposed().select_related("disease", "stage", "added_by")
    page = Paginator(proposals, IMAGES_ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "diagnosis/atlas/atlas_proposals.html", {"page_obj": page})


@require_POST
def atlas_image_edit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Correct an image's caption, source, licence and stage."""
    image = _get_image(request, pk)
    _refuse_readers(request)
    form = AtlasImageTextForm(request.POST, disease=image.disease, image=image)
    if form.is_valid():
        try:
            describe_atlas_image(
                image=image, said=form.said, actor=request.user, refuse_stale=form.refuse_stale
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The changes are saved."))
            return redirect("diagnosis:atlas_image", pk=image.pk)
    return _image_page(request, image, text_form=form, status=422)


@require_POST
def atlas_image_accept(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Accept a proposal."""
    image = _get_image(request, pk)
    _refuse_readers(request)
    try:
        decide_atlas_image(image=image, actor=request.user, is_accepted=True)
    except ValidationError as error:
        return _image_page(request, image, refusal=" ".join(error.messages), status=409)
    messages.success(request, _("The image is now in the atlas."))
    return redirect("diagnosis:atlas_image", pk=image.pk)


@require_POST
def atlas_image_decline(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Decline a proposal with a reason."""
    image = _get_image(request, pk)
    _refuse_readers(request)
    form = ReasonForm(request.POST, prefix="decline")
    if not form.is_valid():
        return _image_page(request, image, decline_form=form, status=422)
    try:
        decide_atlas_image(
            image=image, actor=request.user, is_accepted=False, reason=form.cleaned_data["reason"]
        )
    except ValidationError as error:
        return _image_page(request, image, refusal=" ".join(error.messages), status=409)
    messages.success(request, _("The proposal was declined."))
    return redirect("diagnosis:atlas_image", pk=image.pk)


@require_POST
def atlas_image_archive(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Archive an image with a reason."""
    image = _get_image(request, pk)
    _refuse_readers(request)
    form = ReasonForm(request.POST, prefix="archive")
    if not form.is_valid():
        return _image_page(request, image, archive_form=form, status=422)
    try:
        archive_atlas_image(image=image, actor=request.user, reason=form.cleaned_data["reason"])
    except ValidationError as error:
        return _image_page(request, image, refusal=" ".join(error.messages), status=409)
    messages.success(request, _("The image was archived."))
    return redirect("diagnosis:atlas_disease", pk=image.disease_id)


@require_GET
def atlas_image_file(request: SignedInRequest, pk: UUID) -> FileResponse:
    """Serve an image at full size."""
    return _send(_get_image(request, pk), size="full")


@require_GET
def atlas_image_thumbnail(request: SignedInRequest, pk: UUID) -> FileResponse:
    """Serve the thumbnail of an image."""
    return _send(_get_image(request, pk), size="thumbnail")


def _add(
    form: AtlasImageForm, disease: Disease, request: SignedInRequest, *, is_accepted: bool
) -> bool:
    try:
        add_atlas_image(
            disease=disease,
            data=form.cleaned_data["image"].read(),
            said=form.said,
            actor=request.user,
            is_accepted=is_accepted,
        )
    except ValidationError as error:
        if hasattr(error, "error_dict"):
            add_errors(form, error)
        else:
            form.add_error("image", error)
        return False
    return True


def _image_page(
    request: SignedInRequest,
    image: AtlasImage,
    *,
    text_form: AtlasImageTextForm | None = None,
    decline_form: ReasonForm | None = None,
    archive_form: ReasonForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    shown = visible_atlas_images(request.user).filter(disease=image.disease_id).shown()
    order = list(shown.values_list("pk", flat=True))
    place = order.index(image.pk) if image.pk in order else None
    context = {
        "image": image,
        "disease": image.disease,
        "place": place + 1 if place is not None else None,
        "count": len(order),
        "previous": order[place - 1] if place else None,
        "next": order[place + 1] if place is not None and place + 1 < len(order) else None,
        "can_manage": can_manage_atlas(request.user),
        "text_form": text_form or AtlasImageTextForm(disease=image.disease, image=image),
        "decline_form": decline_form or ReasonForm(prefix="decline"),
        "archive_form": archive_form or ReasonForm(prefix="archive"),
        "refusal": refusal,
    }
    return render(request, "diagnosis/atlas/atlas_image.html", context, status=status)


def _get_image(request: SignedInRequest, pk: UUID) -> AtlasImage:
    if not can_see_atlas(request.user):
        raise PermissionDenied
    images = visible_atlas_images(request.user).select_related(
        "disease", "stage", "added_by", "decided_by", "archived_by"
    )
    return get_object_or_404(images, pk=pk)


def _refuse_readers(request: SignedInRequest) -> None:
    if not can_manage_atlas(request.user):
        raise PermissionDenied


def _send(image: AtlasImage, *, size: str) -> FileResponse:
    field = image.file if size == "full" else image.thumbnail
    try:
        file = field.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(
        file,
        content_type="image/jpeg",
        filename=f"{image.pk}.jpg",
        # It shows no patient, but former staff should not find it in a shared cache.
        headers={"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"},
    )
