import logging

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from clinic.core.http import SignedInRequest
from diagnosis.predictions.inference import installed_model
from diagnosis.predictions.model_card import describe_model
from diagnosis.predictions.models.disease import Disease
from diagnosis.predictions.permissions import can_see_model
from ml.errors import BundleError

logger = logging.getLogger(__name__)


@require_GET
def model_card(request: SignedInRequest) -> HttpResponse:
    """Show what the installed model is, how good it is and where it fails."""
    if not can_see_model(request.user):
        raise PermissionDenied
    try:
        manifest = installed_model()
    except BundleError as error:
        logger.error("The model's manifest cannot be used: %s", error)
        return render(
            request, "diagnosis/predictions/model_card.html", {"card": None, "is_unreadable": True}
        )
    classes = Disease.objects.exclude(model_class="")
    names = {disease.model_class: disease.local_name for disease in classes}
    card = describe_model(manifest, names) if manifest else None
    return render(
        request, "diagnosis/predictions/model_card.html", {"card": card, "is_unreadable": False}
    )
