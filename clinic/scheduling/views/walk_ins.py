"""Taking in somebody who comes without an appointment."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from clinic.people.ended import ended_patient, lead_back_from_ended
from clinic.people.patient_search import patient_options
from clinic.scheduling.forms.walk_ins import WalkInForm
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.permissions import can_run_desk
from clinic.scheduling.services.walk_ins import add_walk_in, queues_now

# The half-filled form waits here while a new patient is registered.
DRAFT_KEY = "walk_in_draft"
DRAFT_FIELDS = ("doctor", "visit_type", "is_urgent", "note")


@require_http_methods(["GET", "POST"])
def walk_in(request: SignedInRequest) -> HttpResponse:
    """A patient, what for and with whom; the doctor may be left to the shortest queue."""
    if not can_run_desk(request.user):
        raise PermissionDenied
    if away := lead_back_from_ended(
        request, ended_patient(request, request.GET.get("patient", ""))
    ):
        return away
    if request.method == "GET":
        asked: dict[str, Any] = request.GET.dict()
        if "draft" in asked:
            asked = request.session.pop(DRAFT_KEY, {}) | asked
        known = _known(request, asked)
        return _page(request, WalkInForm(initial=known, user=request.user), known)
    if "register" in request.POST:
        return _register_first(request)
    if "find" in request.POST:
        known = _known(request, request.POST.dict())
        form = WalkInForm(initial=known, user=request.user)
        return _page(request, form, known, text=request.POST.get("q", ""))
    form = WalkInForm(request.POST, user=request.user)
    form.is_valid()
    known = dict(form.cleaned_data)
    if not form.errors:
        try:
            return _taken_in(request, add_walk_in(actor=request.user, **known))
        except ValidationError as error:
            add_errors(form, error)
    return _page(request, form, known, status=422)


def _known(request: SignedInRequest, data: dict[str, Any]) -> dict[str, Any]:
    """What of the data makes sense; the rest is left for the person to fill in."""
    form = WalkInForm({name: value for name, value in data.items() if value}, user=request.user)
    form.is_valid()
    return form.cleaned_data


def _register_first(request: SignedInRequest) -> HttpResponse:
    draft = {name: request.POST[name] for name in DRAFT_FIELDS if request.POST.get(name)}
    request.session[DRAFT_KEY] = draft
    back = reverse("clinic:walk_in", query={"draft": 1})
    return redirect(reverse("clinic:patient_register", query={"next": back}))


def _page(
    request: SignedInRequest,
    form: WalkInForm,
    known: dict[str, Any],
    *,
    text: str = "",
    status: int = 200,
) -> HttpResponse:
    chosen = known.get("patient")
    context = {
        "form": form,
        "patient": chosen,
        "options": [each for each in patient_options(request, text) if each != chosen],
        "is_search": bool(text.strip()),
        "q": text,
        "queues": queues_now(),
    }
    return render(request, "clinic/scheduling/walk_in.html", context, status=status)


def _taken_in(request: SignedInRequest, appointment: Appointment) -> HttpResponse:
    messages.success(
        request,
        _("%(token)s waits for %(doctor)s. Tell the patient this token.")
        % {"token": appointment.arrival_token, "doctor": appointment.doctor},
    )
    return redirect(reverse("clinic:waiting_room", fragment=f"appointment-{appointment.pk}"))
