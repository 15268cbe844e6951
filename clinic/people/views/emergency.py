"""Emergency access: a doctor opens a record without a care relation, an admin reviews it."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from clinic.core.throttle import is_too_often, too_often
from clinic.people.forms.emergency import EmergencyForm, EmergencyReviewForm
from clinic.people.permissions import (
    can_end_emergency,
    can_open_in_emergency,
    can_see_audit,
    patients_in_care,
    visible_emergencies,
)
from clinic.people.services.accesses import accesses_under
from clinic.people.services.emergency import (
    end_emergency_access,
    open_emergency_access,
    record_emergency_view,
    record_wrong_emergency_password,
    review_emergency_access,
)
from clinic.people.services.patients import record_patient_list


@require_http_methods(["GET", "POST"])
def emergency_open(request: SignedInRequest) -> HttpResponse:
    """Ask for exactly one patient, the reason, and the password."""
    user = request.user
    if not can_open_in_emergency(user):
        raise PermissionDenied
    if request.method == "GET":
        return render(
            request, "clinic/people/emergency_open.html", {"form": EmergencyForm(user=user)}
        )
    if is_too_often(request, "emergency_access", key=str(user.pk)):
        return too_often(request)
    form = EmergencyForm(request.POST, user=user)
    if form.is_valid() and form.patient is not None:
        if patients_in_care(user).filter(pk=form.patient.pk).exists():
            messages.info(request, _("This record is already open to you."))
        else:
            open_emergency_access(
                doctor=user, patient=form.patient, reason=form.cleaned_data["reason"]
            )
        return redirect(form.patient)
    if form.is_password_wrong:
        record_wrong_emergency_password(doctor=user)
    return render(request, "clinic/people/emergency_open.html", {"form": form}, status=422)


@require_POST
def emergency_end(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Close the record before the hour is over."""
    access = get_object_or_404(visible_emergencies(request.user), pk=pk)
    if not can_end_emergency(request.user, access):
        raise PermissionDenied
    end_emergency_access(access=access, actor=request.user)
    messages.success(request, _("The emergency access is over."))
    return redirect("home")


@require_GET
def emergency_list(request: SignedInRequest) -> HttpResponse:
    """List emergency accesses, unreviewed ones first, oldest on top."""
    if not can_see_audit(request.user):
        raise PermissionDenied
    accesses = visible_emergencies(request.user)
    record_patient_list(actor=request.user, of="emergencies", count=accesses.count())
    reviewed = accesses.filter(reviewed_at__isnull=False)
    context = {
        "waiting": accesses.unreviewed().order_by("started_at", "pk"),
        "page_obj": Paginator(reviewed, settings.PAGE_SIZE).get_page(request.GET.get("page")),
    }
    return render(request, "clinic/people/emergency_list.html", context)


@require_http_methods(["GET", "POST"])
def emergency_review(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show why a record was opened and what was read, and take an admin's decision."""
    access = get_object_or_404(visible_emergencies(request.user), pk=pk)
    if not can_see_audit(request.user):
        raise PermissionDenied
    form = EmergencyReviewForm(request.POST or None)
    status = 200
    if request.method == "GET":
        record_emergency_view(access=access, actor=request.user)
    elif form.is_valid():
        try:
            review_emergency_access(access=access, actor=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_errors(form, error)
            status = 409
        else:
            messages.success(request, _("The decision is saved."))
            return redirect("clinic:emergency_list")
    else:
        status = 422
    context = {"access": access, "form": form, "entries": accesses_under(access)}
    return render(request, "clinic/people/emergency_review.html", context, status=status)
