"""Take in somebody who comes without an appointment."""

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
from clinic.scheduling.forms.walk_ins import WalkInForm
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.pages.patient_choice import Draft, patient_choice, sound_parts
from clinic.scheduling.permissions import can_run_desk
from clinic.scheduling.services.walk_ins import add_walk_in, queues_now

DRAFT = Draft("walk_in_draft", ("doctor", "visit_type", "is_urgent", "note"), "clinic:walk_in")


@require_http_methods(["GET", "POST"])
def walk_in(request: SignedInRequest) -> HttpResponse:
    """Take in a walk-in; the shortest queue can choose the doctor."""
    if not can_run_desk(request.user):
        raise PermissionDenied
    if away := lead_back_from_ended(
        request, ended_patient(request, request.GET.get("patient", ""))
    ):
        return away
    if request.method == "GET":
        return _unsent(request, DRAFT.asked(request))
    if "register" in request.POST:
        return DRAFT.register_first(request)
    if "find" in request.POST:
        return _unsent(request, request.POST.dict(), text=request.POST.get("q", ""))
    form = WalkInForm(request.POST, user=request.user)
    is_complete = form.is_valid()
    known = dict(form.cleaned_data)
    if not is_complete:
        return _page(request, form, known, status=422)
    try:
        appointment = add_walk_in(actor=request.user, **known)
    except ValidationError as error:
        add_errors(form, error)
        return _page(request, form, known, status=422)
    return _taken_in(request, appointment)


def _unsent(request: SignedInRequest, data: dict[str, Any], *, text: str = "") -> HttpResponse:
    known = sound_parts(WalkInForm, data, request=request)
    return _page(request, WalkInForm(initial=known, user=request.user), known, text=text)


def _page(
    request: SignedInRequest,
    form: WalkInForm,
    known: dict[str, Any],
    *,
    text: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        **patient_choice(request, known, text),
        "form": form,
        "queues": queues_now(),
    }
    return render(request, "clinic/scheduling/walk_in.html", context, status=status)


def _taken_in(request: SignedInRequest, appointment: Appointment) -> HttpResponse:
    messages.success(
        request,
        _("%(token)s is waiting for %(doctor)s. Tell the patient this token.")
        % {"token": appointment.arrival_token, "doctor": appointment.doctor},
    )
    return redirect(reverse("clinic:waiting_room", fragment=f"appointment-{appointment.pk}"))
