"""A patient's photograph next to images of the atlas."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from clinic.core.http import SignedInRequest
from diagnosis.atlas.permissions import visible_atlas_images, visible_diseases
from diagnosis.lesions.models import LesionImage
from diagnosis.lesions.services.photographs import record_image_view
from diagnosis.predictions.models.disease import Disease
from diagnosis.predictions.models.prediction import Prediction
from diagnosis.reviews.models.review import Review
from diagnosis.reviews.pages.images import get_image_for_doctor
from diagnosis.reviews.services.reviews import newest_review


@require_GET
def atlas_compare(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show images of the suggested or chosen disease next to the photograph, one at a time."""
    image = get_image_for_doctor(request, pk)
    record_image_view(image=image, actor=request.user)
    diseases = list(visible_diseases(request.user))
    disease = _chosen(request, diseases) or _proposed(image, diseases)
    images = list(
        visible_atlas_images(request.user)
        .shown()
        .filter(disease=disease)
        .select_related("stage", "disease")
        if disease
        else []
    )
    asked = request.GET.get("number", "")
    number = min(max(int(asked) if asked.isdecimal() else 1, 1), max(len(images), 1))
    context = {
        "image": image,
        "diseases": diseases,
        "disease": disease,
        "shown": images[number - 1] if images else None,
        "number": number,
        "count": len(images),
        "previous": number - 1 if number > 1 else None,
        "next": number + 1 if number < len(images) else None,
        "is_large": not request.htmx,
    }
    template = "partials/atlas_compare.html" if request.htmx else "atlas_compare.html"
    return render(request, f"diagnosis/atlas/{template}", context)


def _chosen(request: SignedInRequest, diseases: list[Disease]) -> Disease | None:
    wanted = request.GET.get("disease", "")
    return next((disease for disease in diseases if str(disease.pk) == wanted), None)


def _proposed(image: LesionImage, diseases: list[Disease]) -> Disease | None:
    """Return the doctor's diagnosis, else the model's, or None if the model is not sure."""
    review: Review | None = newest_review(image=image)
    if review is not None and review.disease is not None:
        return next((each for each in diseases if each.pk == review.disease_id), None)
    prediction: Prediction | None = image.predictions.order_by("-queued_at").first()
    if prediction is None or not prediction.label or prediction.is_uncertain:
        return None
    return next((each for each in diseases if each.model_class == prediction.label), None)
