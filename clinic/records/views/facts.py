"""Allergies, conditions and current drugs, noted and ended in a visit."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from clinic.core.http import SignedInRequest
from clinic.records.forms.facts import ClinicalFactsForm, EndFactForm
from clinic.records.models.consultation import Consultation
from clinic.records.pages.visit_parts import FACT_KINDS, FactKind, fact_groups, read_facts
from clinic.records.pages.visits import back_to_visit, open_visit_with, visit_part, writable_visit
from clinic.records.permissions import can_see_clinical, visible_facts
from clinic.records.services.consultations import record_visit_part_view
from clinic.records.services.facts import (
    end_fact,
    note_allergy,
    note_condition,
    note_current_drug,
    record_clinical_facts,
)
from clinic.records.services.visit_guard import VisitSignedError
from clinic.trail.services.audit import has_recorded

NOTE: dict[str, Callable[..., object]] = {
    "allergy": note_allergy,
    "condition": note_condition,
    "drug": note_current_drug,
}


@require_POST
def visit_facts(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Store the phototype, the “none known” answers and the pregnancy answer."""
    consultation = writable_visit(request, pk)
    form = ClinicalFactsForm(request.POST, instance=consultation.patient)
    if not form.is_valid():
        seen = form["facts_seen"].value()
        return visit_part(
            request, consultation, "card", status=422, facts_form=form, facts_seen=seen
        )
    try:
        record_clinical_facts(
            consultation=consultation,
            actor=request.user,
            phototype=form.cleaned_data["phototype"],
            none_known=form.none_known,
            pregnancy=form.cleaned_data.get("pregnancy"),
            seen=form.cleaned_data["facts_seen"],
        )
    except ValidationError as error:
        form.add_error(None, error)
        is_moved = isinstance(error, VisitSignedError) or error.code == "changed"
        return visit_part(
            request, consultation, "card", status=409 if is_moved else 422, facts_form=form
        )
    return _stored(request, consultation)


@require_POST
def fact_add(request: SignedInRequest, pk: UUID, kind: str) -> HttpResponse:
    """Add an allergy, a condition or a drug that the patient takes."""
    consultation = writable_visit(request, pk)
    form = _kind(kind).form(request.POST, auto_id=f"{kind}_%s")
    status = 422
    if form.is_valid():
        try:
            NOTE[kind](consultation=consultation, actor=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
            status = 409
        else:
            return _stored(request, consultation)
    read_facts(consultation.patient)
    return visit_part(
        request,
        consultation,
        "card",
        status=status,
        fact_groups=fact_groups(consultation.patient, {kind: form}),
        are_facts_open=True,
    )


@require_POST
def fact_end(request: SignedInRequest, pk: UUID, kind: str) -> HttpResponse:
    """End an allergy, a condition or a drug, with a reason, in the doctor's open visit."""
    facts = visible_facts(request.user, _kind(kind).model)
    fact = get_object_or_404(facts.select_related("patient"), pk=pk)
    if not can_see_clinical(request.user, fact.patient):
        raise PermissionDenied
    consultation = open_visit_with(request.user, fact.patient)
    if consultation is None:
        messages.warning(
            request,
            _("This can only be changed in a visit, and you have no open visit with this patient."),
        )
        return redirect(fact.patient)
    form = EndFactForm(request.POST, auto_id=False)
    if not form.is_valid():
        return visit_part(
            request,
            consultation,
            "card",
            status=422,
            fact_refusal=" ".join(str(error) for error in form.errors["reason"]),
            are_facts_open=True,
        )
    end_fact(
        fact=fact,
        consultation=consultation,
        actor=request.user,
        reason=form.cleaned_data["reason"],
    )
    return _stored(request, consultation)


def _kind(name: str) -> FactKind:
    if name not in FACT_KINDS:
        raise Http404
    return FACT_KINDS[name]


def _stored(request: SignedInRequest, consultation: Consultation) -> HttpResponse:
    """Show the current card, and have the prescription checked again."""
    # Nothing changed, so nothing is noted of it, and the card is shown all the same.
    if not has_recorded():
        record_visit_part_view(consultation=consultation, actor=request.user)
    if not request.htmx:
        return back_to_visit(request, consultation, _("Saved."))
    response = visit_part(request, consultation, "card", status=200, are_facts_open=True)
    return trigger_client_event(response, "drugsChanged")
