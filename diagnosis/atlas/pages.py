"""The page of a disease."""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from clinic.core.http import SignedInRequest
from diagnosis.atlas.forms import StageForm
from diagnosis.atlas.models import AtlasImage
from diagnosis.atlas.permissions import (
    can_manage_atlas,
    can_see_atlas,
    visible_atlas_images,
    visible_diseases,
)
from diagnosis.predictions.models.disease import Disease, DiseaseStage

IMAGES_ON_A_PAGE = 12


def get_disease(request: SignedInRequest, pk: int) -> Disease:
    """Return a disease that this reader may see, or answer 404."""
    refuse_strangers(request)
    return get_object_or_404(visible_diseases(request.user), pk=pk)


def disease_page(
    request: SignedInRequest,
    disease: Disease,
    *,
    stage_form: StageForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render the page of a disease, with the form that was rejected, if any."""
    images = visible_atlas_images(request.user).filter(disease=disease).select_related("stage")
    stages = list(
        disease.stages.annotate(image_count=Count("atlas_images", filter=SHOWN)).order_by(
            "position", "pk"
        )
    )
    stage = _asked_for(request, stages)
    shown = images.shown() if stage is None else images.shown().filter(stage=stage)
    context = {
        "disease": disease,
        "stages": stages,
        "stage": stage,
        "page_obj": Paginator(shown, IMAGES_ON_A_PAGE).get_page(request.GET.get("page")),
        # Doctors see their own proposals, admins see all.
        "proposals": images.exclude(status=AtlasImage.Status.ACCEPTED).kept(),
        "can_manage": can_manage_atlas(request.user),
        "stage_form": stage_form or StageForm(),
        "refusal": refusal,
    }
    return render(request, "diagnosis/atlas/atlas_disease.html", context, status=status)


def _asked_for(request: SignedInRequest, stages: Sequence[DiseaseStage]) -> DiseaseStage | None:
    wanted = request.GET.get("stage", "")
    return next((stage for stage in stages if str(stage.pk) == wanted), None)


def refuse_strangers(request: SignedInRequest) -> None:
    """Refuse users who may not read the atlas."""
    if not can_see_atlas(request.user):
        raise PermissionDenied


SHOWN = Q(atlas_images__status=AtlasImage.Status.ACCEPTED, atlas_images__archived_at__isnull=True)
