"""A patient's request for erasure, and the admins' decision on it."""

from collections.abc import Sequence
from dataclasses import dataclass
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
from clinic.office.forms.erasures import DecisionForm, ErasureForm
from clinic.office.services.retention import (
    ask_for_erasure,
    confirm_erasure,
    decide_erasure,
    record_erasure_list,
    take_back_erasure,
)
from clinic.people.forms.own_password import AsksOwnPassword, OwnPasswordForm
from clinic.people.models.erasure import ErasureRequest
from clinic.people.models.record_ending import RecordEnding
from clinic.people.permissions import (
    can_decide_erasures,
    can_manage_own_consents,
    can_see_own_record,
    visible_erasures,
    visible_patients,
)
from clinic.trail.services.audit import record_wrong_own_password


@dataclass(frozen=True)
class GrantedErasure:
    """A granted request, and the errors of the second admin's password."""

    ending: RecordEnding
    is_own: bool
    errors: Sequence[object]


@require_http_methods(["GET", "POST"])
def my_erasure(request: SignedInRequest) -> HttpResponse:
    """Show what erasure means here, a form to request it, and the outcome of earlier requests."""
    if not can_manage_own_consents(request.user):
        raise PermissionDenied
    patient = get_object_or_404(visible_patients(request.user))
    if not can_see_own_record(request.user):
        return redirect("clinic:my_record_code")
    form = ErasureForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        ask_for_erasure(patient=patient, actor=request.user, **form.cleaned_data)
        messages.success(
            request, _("The clinic has received your request. The answer will appear here.")
        )
        return redirect("clinic:my_erasure")
    asked = list(visible_erasures(request.user))
    endings = RecordEnding.objects.planned().filter(request__in=asked)
    planned = {ending.request_id: ending for ending in endings}
    context = {
        "form": form,
        "asked": [(each, planned.get(each.pk)) for each in asked],
        "is_waiting": bool(planned) or any(each.decided_at is None for each in asked),
    }
    return render(
        request, "clinic/office/my_erasure.html", context, status=422 if form.errors else 200
    )


@require_GET
def erasure_list(request: SignedInRequest) -> HttpResponse:
    """List the requests for erasure and their decisions."""
    return _list(request)


@require_POST
def erasure_decide(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Grant or refuse a request, with a reason."""
    asked = _asked(request, pk)
    form = DecisionForm(request.POST, auto_id=f"id_{pk}_%s", user=request.user)
    if form.is_valid():
        said = form.cleaned_data
        try:
            decide_erasure(
                request=asked,
                actor=request.user,
                decision=said["decision"],
                reason=said["reason"],
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The decision is saved."))
            return redirect("clinic:erasure_list")
    return _refused(request, asked, form)


@require_POST
def erasure_confirm(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Carry out at once what another admin has granted."""
    asked = _asked(request, pk)
    form = OwnPasswordForm(request.POST, user=request.user)
    if form.is_valid():
        try:
            confirm_erasure(request=asked, actor=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(
                request, _("The record has ended. The patient’s identity has been removed.")
            )
            return redirect("clinic:erasure_list")
    return _refused(request, asked, form)


@require_POST
def erasure_take_back(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Withdraw a grant that is not carried out yet."""
    asked = _asked(request, pk)
    try:
        take_back_erasure(request=asked, actor=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(
            request, _("Nothing is removed. The request is waiting for a decision again.")
        )
    return redirect("clinic:erasure_list")


def _asked(request: SignedInRequest, pk: UUID) -> ErasureRequest:
    asked = get_object_or_404(visible_erasures(request.user).select_related("patient"), pk=pk)
    if not can_decide_erasures(request.user):
        raise PermissionDenied
    return asked


def _refused(
    request: SignedInRequest, asked: ErasureRequest, form: AsksOwnPassword
) -> HttpResponse:
    if form.is_password_wrong:
        record_wrong_own_password(request.user)
    return _list(request, refused=asked, form=form)


def _list(
    request: SignedInRequest,
    *,
    refused: ErasureRequest | None = None,
    form: AsksOwnPassword | None = None,
) -> HttpResponse:
    if not can_decide_erasures(request.user):
        raise PermissionDenied
    requests = visible_erasures(request.user).select_related("patient", "decided_by")
    waiting = []
    for each in requests.waiting().order_by("asked_at"):
        is_refused = refused is not None and each.pk == refused.pk
        # Each form on the page has its own ids.
        empty = DecisionForm(auto_id=f"id_{each.pk}_%s", user=request.user)
        waiting.append((each, form if is_refused else empty))
    planned = RecordEnding.objects.planned().filter(request__isnull=False)
    granted = [
        GrantedErasure(
            ending=ending,
            is_own=ending.request is not None and ending.request.decided_by == request.user,
            errors=form.errors.get("password", [])
            if form is not None and refused is not None and ending.request_id == refused.pk
            else [],
        )
        for ending in planned.select_related("patient", "request__decided_by")
    ]
    decided = requests.filter(decided_at__isnull=False).exclude(endings__in=planned)
    page = Paginator(decided.order_by("-decided_at"), settings.PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    record_erasure_list(actor=request.user, count=len(waiting) + len(granted))
    context = {
        "waiting": waiting,
        "granted": granted,
        "page_obj": page,
        "trouble": form.non_field_errors() if form else (),
    }
    return render(
        request, "clinic/office/erasure_list.html", context, status=422 if refused else 200
    )
