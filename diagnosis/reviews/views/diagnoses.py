"""What a doctor says in the list of a visit's diagnoses about no photograph."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from clinic.records.models.consultation import Consultation
from clinic.records.pages.visits import frame_context
from clinic.records.services.consultations import record_visit_part_view
from clinic.records.services.visit_guard import VisitSignedError
from diagnosis.reviews.forms import ReleaseForm
from diagnosis.reviews.models.visit_diagnosis import VisitDiagnosis
from diagnosis.reviews.pages.diagnoses import (
    Refused,
    diagnoses_context,
    diagnosis_form,
    places_of,
)
from diagnosis.reviews.pages.visits import get_visit
from diagnosis.reviews.permissions import (
    can_diagnose,
    can_release,
    can_see_to_review,
    visible_diagnoses,
)
from diagnosis.reviews.services.diagnoses import (
    DiagnosisChangedError,
    add_diagnosis,
    change_diagnosis,
    withdraw_diagnosis,
)
from diagnosis.reviews.services.releases import choose_release, note_conversation


@require_GET
def visit_diagnoses(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show the diagnoses of a visit, which its page fetches after the photographs."""
    visit = get_visit(request, pk)
    record_visit_part_view(consultation=visit, actor=request.user)
    return _render_list(request, visit)


@require_POST
def diagnosis_add(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Add a diagnosis that is about no photograph."""
    visit = get_visit(request, pk)
    if not can_diagnose(request.user, visit):
        raise PermissionDenied
    form = diagnosis_form(places_of(visit, request.user), request.POST)
    if form.is_valid():
        try:
            add_diagnosis(consultation=visit, actor=request.user, **form.said)
        except ValidationError as error:
            add_errors(form, error)
            return _refused(request, visit, Refused(form=form), error)
        return _stored(request, visit, is_added=True)
    return _refused(request, visit, Refused(form=form))


@require_POST
def diagnosis_change(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Put another diagnosis in the place of one."""
    stored = _get_diagnosis(request, pk)
    visit = stored.consultation
    if not can_diagnose(request.user, visit):
        raise PermissionDenied
    form = diagnosis_form(places_of(visit, request.user), request.POST, stored=stored)
    if form.is_valid():
        try:
            change_diagnosis(stored=stored, actor=request.user, **form.said)
        except ValidationError as error:
            add_errors(form, error)
            # What was typed for a diagnosis that is gone can still become a new one.
            of = None if isinstance(error, DiagnosisChangedError) else pk
            return _refused(request, visit, Refused(form=form, of=of), error)
        return _stored(request, visit)
    return _refused(request, visit, Refused(form=form, of=pk))


@require_POST
def diagnosis_withdraw(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Withdraw a diagnosis, which the visit keeps."""
    stored = _get_diagnosis(request, pk)
    if not can_diagnose(request.user, stored.consultation):
        raise PermissionDenied
    withdraw = partial(withdraw_diagnosis, stored=stored, actor=request.user)
    return _carried_out(request, stored.consultation, withdraw)


@require_POST
def diagnosis_release(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Choose when the patient reads a diagnosis."""
    stored = _get_diagnosis(request, pk)
    if not can_release(request.user, stored):
        raise PermissionDenied
    form = ReleaseForm(request.POST, auto_id=f"release_{pk}_%s")
    if form.is_valid():
        try:
            choose_release(diagnosis=stored, actor=request.user, choice=form.choice)
        except ValidationError as error:
            add_errors(form, error)
    if form.errors:
        return _refused(request, stored.consultation, Refused(form=form, of=pk))
    return _stored(request, stored.consultation)


@require_POST
def diagnosis_talked(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Note that the doctor has talked with the patient about a diagnosis."""
    stored = _get_diagnosis(request, pk)
    if not can_release(request.user, stored):
        raise PermissionDenied
    note = partial(note_conversation, diagnosis=stored, actor=request.user)
    return _carried_out(request, stored.consultation, note)


def _get_diagnosis(request: SignedInRequest, pk: UUID) -> VisitDiagnosis:
    rows = visible_diagnoses(request.user)
    if not can_see_to_review(request.user):
        rows = rows.none()
    return get_object_or_404(
        rows.select_related("disease", "lesion__body_site", "body_site", "consultation__patient"),
        pk=pk,
    )


def _carried_out(
    request: SignedInRequest, visit: Consultation, change: Callable[[], object]
) -> HttpResponse:
    """Answer a click that has no form: the list as it is now, with a sentence if it was refused."""
    try:
        change()
    except ValidationError as error:
        return _refused(request, visit, Refused(words=" ".join(error.messages)), error)
    return _stored(request, visit)


def _stored(
    request: SignedInRequest, visit: Consultation, *, is_added: bool = False
) -> HttpResponse:
    if request.htmx:
        return _render_list(request, get_visit(request, visit.pk), is_added=is_added)
    messages.success(request, _("Saved."))
    return redirect("diagnosis:visit_diagnoses", pk=visit.pk)


def _refused(
    request: SignedInRequest,
    visit: Consultation,
    refused: Refused,
    error: ValidationError | None = None,
) -> HttpResponse:
    is_moved = isinstance(error, VisitSignedError) or getattr(error, "code", "") == "changed"
    status = 409 if is_moved else 422
    return _render_list(request, get_visit(request, visit.pk), refused=refused, status=status)


def _render_list(
    request: SignedInRequest,
    visit: Consultation,
    *,
    refused: Refused | None = None,
    is_added: bool = False,
    status: int = 200,
) -> HttpResponse:
    """Render the list: for a script, with the names for the prescription, or as a page."""
    context = diagnoses_context(visit, request.user, refused=refused)
    if is_added and context["diagnosis_form"]:
        # Another one may follow.
        context["diagnosis_form"].fields["disease"].widget.attrs["autofocus"] = True
    if request.htmx:
        return render(request, "diagnosis/reviews/partials/own_update.html", context, status=status)
    context |= frame_context(visit, request.user)
    context["part"] = "diagnosis/reviews/partials/own_part.html"
    return render(request, "clinic/records/visit_part.html", context, status=status)
