"""Warnings next to a prescription while it is written, and the reasons to override them."""

from collections.abc import Iterable
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.core.http import SignedInRequest
from clinic.records.drugs.rows import Written
from clinic.records.forms.prescriptions import OverrideForm, typed_drugs
from clinic.records.models.consultation import Consultation
from clinic.records.pages.visit_parts import read_facts, warnings_context
from clinic.records.pages.visits import (
    back_to_visit,
    prescription_of,
    status_of,
    visit_part,
    writable_visit,
)
from clinic.records.services.consultations import record_visit_part_view
from clinic.records.services.drug_warnings import confirm_hand_checks, override_warning


@require_POST
def drug_warnings(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Check the drugs as they are typed; nothing is stored."""
    consultation = writable_visit(request, pk)
    record_visit_part_view(consultation=consultation, actor=request.user)
    return _warnings(request, consultation, typed=_typed(request))


@require_POST
def warning_override(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Store why the doctor prescribes despite a warning."""
    consultation = writable_visit(request, pk)
    typed = _typed(request)
    key = request.POST.get("key", "")
    form = OverrideForm(request.POST, auto_id=f"override_{key}_%s")
    if not form.is_valid():
        return _warnings(request, consultation, typed=typed, refused=form, status=422)
    try:
        override_warning(consultation=consultation, actor=request.user, **form.cleaned_data)
    except ValidationError as error:
        form.add_error("reason", error)
        status = status_of(error)
        return _warnings(request, consultation, typed=typed, refused=form, status=status)
    if request.htmx:
        return _warnings(request, consultation, typed=typed)
    return back_to_visit(request, consultation, _("The reason is saved with the prescription."))


@require_POST
def hand_checks(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Store that the doctor checked by hand what the table could not."""
    consultation = writable_visit(request, pk)
    keys = request.POST.getlist("key")
    try:
        confirm_hand_checks(consultation=consultation, actor=request.user, keys=keys)
    except ValidationError as error:
        refusal = " ".join(error.messages)
        typed, status = _typed(request), status_of(error)
        return _warnings(request, consultation, typed=typed, refusal=refusal, status=status)
    if request.htmx:
        return _warnings(request, consultation, typed=_typed(request))
    return back_to_visit(request, consultation, _("Your check is saved with the prescription."))


def _typed(request: SignedInRequest) -> list[Written] | None:
    return typed_drugs(request.POST) if "lines-TOTAL_FORMS" in request.POST else None


def _warnings(
    request: SignedInRequest,
    consultation: Consultation,
    *,
    typed: Iterable[Written] | None,
    refused: OverrideForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    """Show the block of warnings: alone for a script, otherwise on a separate page."""
    read_facts(consultation.patient)
    prescription = prescription_of(consultation)
    context = warnings_context(consultation.patient, prescription, typed=typed, refused=refused)
    context |= {"lost_override": None, "refused_key": None, "hand_check_refusal": refusal}
    if refused:
        is_shown = any(state.form is refused for state in context["drug_warnings"])
        context["refused_key"] = refused["key"].value()
        context["lost_override"] = None if is_shown and not consultation.is_signed else refused
    if not request.htmx:
        return visit_part(request, consultation, "warnings", status=status, **context)
    context |= {"consultation": consultation, "can_write": not consultation.is_signed}
    return render(request, "clinic/records/partials/visit_warnings.html", context, status=status)
