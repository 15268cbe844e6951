"""The page of a patient, which joins the data of all rooms."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from clinic.core.http import SignedInRequest
from clinic.office.pages.patients import patient_page
from clinic.people.permissions import (
    can_see_patient_list,
    visible_patients,
)
from clinic.people.services.patients import (
    record_patient_view,
)


@require_GET
def patient_detail(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show a patient's identity, appointments and consents."""
    patient = get_object_or_404(visible_patients(request.user).select_related("user"), pk=pk)
    if not can_see_patient_list(request.user):
        raise PermissionDenied
    record_patient_view(patient=patient, actor=request.user)
    return patient_page(request, patient)
