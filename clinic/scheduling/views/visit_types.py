"""The types of visit that can be booked."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from clinic.scheduling.forms.schedule import VISIT_TYPE_FIELDS, VisitTypeForm
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.schedule import VisitType
from clinic.scheduling.permissions import can_manage_schedule
from clinic.scheduling.services.visit_types import (
    add_visit_type,
    change_visit_type,
    remove_visit_type,
)


@require_GET
def visit_type_list(request: SignedInRequest) -> HttpResponse:
    """List every visit type, including those not offered."""
    if not can_manage_schedule(request.user):
        raise PermissionDenied
    return render(
        request, "clinic/scheduling/visit_type_list.html", {"rows": VisitType.objects.all()}
    )


@require_http_methods(["GET", "POST"])
def visit_type_add(request: SignedInRequest) -> HttpResponse:
    """Add a type of visit."""
    if not can_manage_schedule(request.user):
        raise PermissionDenied
    form = VisitTypeForm(request.POST or None, initial={"is_active": True})
    if form.is_valid():
        try:
            added = add_visit_type(offer=form.offer, actor=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("“%(name)s” is added.") % {"name": added.name})
            return redirect("clinic:visit_type_list")
    status = 422 if form.errors else 200
    return render(
        request,
        "clinic/scheduling/visit_type_edit.html",
        {"form": form, "visit_type": None},
        status=status,
    )


@require_http_methods(["GET", "POST"])
def visit_type_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Edit a type of visit: its name, its length, and who can book it."""
    if not can_manage_schedule(request.user):
        raise PermissionDenied
    visit_type = get_object_or_404(_with_use(), pk=pk)
    form = VisitTypeForm(request.POST or None, initial=_facts(visit_type), entry=visit_type)
    if form.is_valid():
        try:
            change_visit_type(
                visit_type=visit_type,
                offer=form.offer,
                actor=request.user,
                refuse_stale=form.refuse_stale,
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("clinic:visit_type_list")
    return _edit_page(request, visit_type, form, status=422 if form.errors else 200)


@require_POST
def visit_type_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Remove a type of visit, unless it was ever booked."""
    if not can_manage_schedule(request.user):
        raise PermissionDenied
    visit_type = get_object_or_404(_with_use(), pk=pk)
    try:
        remove_visit_type(visit_type=visit_type, actor=request.user)
    except ValidationError as error:
        form = VisitTypeForm(_facts(visit_type), entry=visit_type)
        add_errors(form, error)
        return _edit_page(request, visit_type, form, status=422)
    messages.success(request, _("“%(name)s” is removed.") % {"name": visit_type.name})
    return redirect("clinic:visit_type_list")


def _with_use() -> QuerySet[VisitType]:
    visits = Appointment.objects.filter(visit_type=OuterRef("pk"))
    return VisitType.objects.annotate(is_used=Exists(visits))


def _facts(visit_type: VisitType) -> dict[str, object]:
    return {name: getattr(visit_type, name) for name in VISIT_TYPE_FIELDS}


def _edit_page(
    request: SignedInRequest, visit_type: VisitType, form: VisitTypeForm, *, status: int
) -> HttpResponse:
    context = {"form": form, "visit_type": visit_type}
    return render(request, "clinic/scheduling/visit_type_edit.html", context, status=status)
