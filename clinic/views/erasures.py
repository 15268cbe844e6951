"""A patient's wish to be forgotten, and an admin's decision on it."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.forms.accounts import add_errors
from clinic.forms.erasures import DecisionForm, ErasureForm
from clinic.models import ErasureRequest
from clinic.permissions import visible_patients
from clinic.requests import SignedInRequest
from clinic.safety_permissions import can_decide_erasures, can_manage_own_consents, visible_erasures
from clinic.services.retention import ask_for_erasure, decide_erasure, record_erasure_list


@require_http_methods(["GET", "POST"])
def my_erasure(request: SignedInRequest) -> HttpResponse:
    """What erasing means here, a form to ask for it, and what became of earlier requests."""
    if not can_manage_own_consents(request.user):
        raise PermissionDenied
    patient = get_object_or_404(visible_patients(request.user))
    form = ErasureForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        ask_for_erasure(patient=patient, actor=request.user, **form.cleaned_data)
        messages.success(request, _("Your request is with the clinic. You read the answer here."))
        return redirect("clinic:my_erasure")
    asked = list(visible_erasures(request.user))
    context = {
        "form": form,
        "asked": asked,
        "is_waiting": any(each.decided_at is None for each in asked),
    }
    return render(request, "clinic/my_erasure.html", context, status=422 if form.errors else 200)


@require_GET
def erasure_list(request: SignedInRequest) -> HttpResponse:
    """Who asked to be forgotten, and what was decided."""
    return _list(request)


@require_POST
def erasure_decide(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Grants or refuses a request, with a reason."""
    asked = get_object_or_404(visible_erasures(request.user).select_related("patient"), pk=pk)
    if not can_decide_erasures(request.user):
        raise PermissionDenied
    form = DecisionForm(request.POST, auto_id=f"id_{pk}_%s")
    if form.is_valid():
        try:
            decide_erasure(request=asked, actor=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The decision is kept."))
            return redirect("clinic:erasure_list")
    return _list(request, refused=asked, form=form)


def _list(
    request: SignedInRequest,
    *,
    refused: ErasureRequest | None = None,
    form: DecisionForm | None = None,
) -> HttpResponse:
    if not can_decide_erasures(request.user):
        raise PermissionDenied
    requests = visible_erasures(request.user).select_related("patient", "decided_by")
    waiting = []
    for each in requests.waiting().order_by("asked_at"):
        is_refused = refused is not None and each.pk == refused.pk
        # Each form of the page has ids of its own.
        waiting.append((each, form if is_refused else DecisionForm(auto_id=f"id_{each.pk}_%s")))
    decided = requests.filter(decided_at__isnull=False).order_by("-decided_at")
    page = Paginator(decided, settings.PAGE_SIZE).get_page(request.GET.get("page"))
    record_erasure_list(actor=request.user, count=len(waiting))
    context = {
        "waiting": waiting,
        "page_obj": page,
        "trouble": form.non_field_errors() if form else (),
    }
    return render(request, "clinic/erasure_list.html", context, status=422 if refused else 200)
