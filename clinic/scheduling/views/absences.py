"""Leave of the doctors and days on which the clinic is closed."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from clinic.people.permissions import visible_doctors
from clinic.people.services.patients import record_patient_list
from clinic.scheduling.forms.absences import (
    CANCEL,
    KEEP,
    AbsenceForm,
    DecisionsForm,
    field_name,
    read_slot,
)
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.schedule import Absence
from clinic.scheduling.permissions import (
    calendars_for_leave,
    can_manage_schedule,
    can_plan_absence,
    can_see_absences,
    visible_absences,
)
from clinic.scheduling.services.absences import (
    Decision,
    VisitsInTheWayError,
    add_absence,
    check_absence,
    remove_absence,
    visits_within,
)
from clinic.scheduling.services.proposals import propose_moves
from clinic.scheduling.services.slots import Slot


@require_GET
def absence_list(request: SignedInRequest) -> HttpResponse:
    """Show upcoming leave, of everybody or one's own."""
    if not can_see_absences(request.user):
        raise PermissionDenied
    absences = visible_absences(request.user).coming()
    page = Paginator(absences, settings.PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "rows": [(each, can_plan_absence(request.user, each.doctor)) for each in page],
        "can_manage": can_manage_schedule(request.user),
    }
    return render(request, "clinic/scheduling/absence_list.html", context)


@require_http_methods(["GET", "POST"])
def absence_add(request: SignedInRequest) -> HttpResponse:
    """Add an absence; if visits are booked in it, ask first what to do with each."""
    if not can_see_absences(request.user):
        raise PermissionDenied
    if request.method == "GET":
        return _form_page(request, AbsenceForm(initial=_asked(request), user=request.user))
    form = AbsenceForm(request.POST, user=request.user)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    if "change" in request.POST:
        return _form_page(request, form)
    planned = form.planned()
    if not can_plan_absence(request.user, planned["doctor"]):
        raise PermissionDenied
    return _decide(request, form, Absence(**planned))


@require_POST
def absence_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Remove leave, so that its time can be booked."""
    absence = get_object_or_404(visible_absences(request.user), pk=pk)
    if not can_plan_absence(request.user, absence.doctor):
        raise PermissionDenied
    remove_absence(absence=absence, actor=request.user)
    messages.success(request, _("The leave is removed. Its time can be booked again."))
    return redirect("clinic:absence_list")


def _asked(request: SignedInRequest) -> dict[str, object]:
    """Return initial values from the address; for a deactivated doctor, all the time to come."""
    asked = request.GET.get("doctor", "")
    doctors = {str(doctor.pk): doctor for doctor in calendars_for_leave(request.user)}
    doctor = doctors.get(asked)
    if doctor is None or doctor.user.is_active:
        return {"who": asked}
    last = Appointment.objects.expected().filter(doctor=doctor).order_by("starts_at").last()
    today = timezone.localdate()
    return {
        "who": asked,
        "first_day": today,
        "last_day": timezone.localdate(last.starts_at) if last else today,
    }


def _decide(request: SignedInRequest, form: AbsenceForm, absence: Absence) -> HttpResponse:
    """Add the absence with the decisions made, or show which are missing."""
    try:
        check_absence(absence)
    except ValidationError as error:
        add_errors(form, error)
        return _form_page(request, form, status=422)
    visits = list(visits_within(absence).order_by("starts_at", "pk"))
    decisions: dict[UUID, Decision] = {}
    cancel_reason = ""
    if visits and "decide" not in request.POST:
        return _ask(request, form, absence, visits)
    if visits:
        answers = _answers(request, absence, visits, request.POST.dict())
        if not answers.is_valid():
            return _visits_page(request, form, absence, answers, status=422)
        # An entry for a visit that the person has not seen is not a decision.
        seen = {visit.pk for visit in visits if field_name(visit) in request.POST}
        decisions = {pk: each for pk, each in answers.decisions().items() if pk in seen}
        cancel_reason = answers.cleaned_data["cancel_reason"]
    try:
        add_absence(
            **form.planned(),
            actor=request.user,
            decisions=decisions,
            cancel_reason=cancel_reason,
        )
    except VisitsInTheWayError as error:
        return _ask_again(request, form, absence, error)
    except ValidationError as error:
        add_errors(form, error)
        return _form_page(request, form, status=422)
    return _added(request, len(visits))


def _ask(
    request: SignedInRequest, form: AbsenceForm, absence: Absence, visits: Sequence[Appointment]
) -> HttpResponse:
    """Show the booked visits, each with a proposal, before anything is changed."""
    return _visits_page(request, form, absence, _proposed(request, absence, visits))


def _ask_again(
    request: SignedInRequest, form: AbsenceForm, absence: Absence, error: VisitsInTheWayError
) -> HttpResponse:
    """Show the visits again; refused ones have a new proposal and an explanation."""
    visits = list(visits_within(absence).order_by("starts_at", "pk"))
    refused = {field_name(visit): visit for visit in visits if visit.pk in error.refused}
    data = {name: value for name, value in request.POST.dict().items() if name not in refused}
    answers = _answers(request, absence, visits, data)
    answers.is_valid()
    for name, visit in refused.items():
        answers.errors.pop(name, None)
        answers.add_error(name, error.refused[visit.pk])
    return _visits_page(request, form, absence, answers, status=422)


def _answers(
    request: SignedInRequest,
    absence: Absence,
    visits: Sequence[Appointment],
    data: Mapping[str, str],
) -> DecisionsForm:
    """Return the choices made; a visit without one has its proposal filled in."""
    doctors = {str(doctor.pk): doctor for doctor in visible_doctors(request.user)}
    chosen: dict[UUID, Slot] = {}
    for visit in visits:
        slot = read_slot(data.get(field_name(visit), ""), visit, doctors)
        if slot is not None:
            chosen[visit.pk] = slot
    proposals = propose_moves(absence=absence, visits=visits, chosen=chosen)
    filled = {field_name(visit): _first_choice(proposals[visit.pk]) for visit in visits}
    return DecisionsForm({**filled, **data}, visits=visits, proposals=proposals)


def _proposed(
    request: SignedInRequest, absence: Absence, visits: Sequence[Appointment]
) -> DecisionsForm:
    """Return the proposals, or one button's choice applied to all."""
    proposals = propose_moves(absence=absence, visits=visits, chosen={})
    wanted = request.POST.get("set_all", "")
    initial: dict[str, Any] = {"cancel_reason": request.POST.get("cancel_reason", "")}
    if wanted in {KEEP, CANCEL}:
        initial |= {field_name(visit): wanted for visit in visits}
    return DecisionsForm(initial=initial, visits=visits, proposals=proposals)


def _first_choice(slots: Sequence[Slot]) -> str:
    return slots[0].key if slots else KEEP


def _added(request: SignedInRequest, count: int) -> HttpResponse:
    words = _("The leave is added.")
    if count:
        done = ngettext(
            "%(count)d visit was handled as you decided.",
            "%(count)d visits were handled as you decided.",
            count,
        )
        words = f"{words} {done % {'count': count}}"
    messages.success(request, words)
    return redirect("clinic:absence_list")


def _form_page(request: SignedInRequest, form: AbsenceForm, *, status: int = 200) -> HttpResponse:
    return render(request, "clinic/scheduling/absence_add.html", {"form": form}, status=status)


def _visits_page(
    request: SignedInRequest,
    form: AbsenceForm,
    absence: Absence,
    answers: DecisionsForm,
    *,
    status: int = 200,
) -> HttpResponse:
    rows = answers.rows
    record_patient_list(actor=request.user, of="absence_add", count=len(rows))
    context = {"form": form, "absence": absence, "answers": answers, "rows": rows}
    return render(request, "clinic/scheduling/absence_visits.html", context, status=status)
