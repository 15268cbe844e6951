from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from clinic.core.http import SignedInRequest
from clinic.people.models.user import User
from clinic.people.permissions import can_see_own_record, can_see_portal
from clinic.records.models.consultation import Consultation
from clinic.records.permissions import visible_consultations, visible_prescriptions
from diagnosis.reviews.permissions import signed_diagnoses, signed_reviews
from diagnosis.reviews.services.records import (
    VisitLetter,
    record_own_record_view,
    write_letters,
)


@require_GET
def my_record(request: SignedInRequest) -> HttpResponse:
    """List the patient's own signed visits, the newest first."""
    if not can_see_portal(request.user):
        raise PermissionDenied
    if not can_see_own_record(request.user):
        return redirect("clinic:my_record_code")
    visits = (
        visible_consultations(request.user).select_related("doctor__user").order_by("-signed_at")
    )
    page = Paginator(visits, settings.PAGE_SIZE).get_page(request.GET.get("page"))
    letters = _letters(request.user, list(page.object_list))
    record_own_record_view(actor=request.user)
    return render(
        request, "diagnosis/reviews/my_record.html", {"page_obj": page, "letters": letters}
    )


@require_GET
def my_visit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show one signed visit to its patient, as a letter."""
    if not can_see_portal(request.user):
        raise PermissionDenied
    visits = visible_consultations(request.user).select_related("doctor__user", "patient")
    visit = get_object_or_404(visits.prefetch_related("addenda__written_by"), pk=pk)
    [letter] = _letters(request.user, [visit])
    record_own_record_view(actor=request.user, visit=visit)
    return render(request, "diagnosis/reviews/my_visit.html", {"letter": letter, "visit": visit})


def _letters(user: User, visits: list[Consultation]) -> list[VisitLetter]:
    return write_letters(
        visits,
        reviews=signed_reviews(user).with_told(),
        diagnoses=signed_diagnoses(user).with_told(),
        prescriptions=visible_prescriptions(user),
    )
