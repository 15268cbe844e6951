from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clinic.core.http import SignedInRequest
from clinic.core.refusals import refusal_page
from clinic.records.forms.prescriptions import RevocationForm, line_differences, line_formset
from clinic.records.pages.papers import send_paper
from clinic.records.pages.visits import back_to_visit, saved_answer, visit_part, writable_visit
from clinic.records.permissions import (
    can_revoke_prescription,
    can_see_clinical,
    visible_prescriptions,
)
from clinic.records.services.prescription_pdf import print_prescription
from clinic.records.services.prescriptions import (
    lines_fingerprint,
    renew_prescription,
    revoke_prescription,
    save_prescription,
    stored_lines,
)
from clinic.records.services.visit_guard import VisitChangedError, VisitSignedError


@require_POST
def prescription_save(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Store the draft's lines; if somebody saved meanwhile, show both."""
    consultation = writable_visit(request, pk)
    formset = line_formset(request.POST)
    seen = request.POST.get("lines_seen", "")
    if not formset.is_valid():
        return visit_part(
            request, consultation, "prescription", status=422, line_formset=formset, lines_seen=seen
        )
    lines = formset.lines()
    try:
        save_prescription(consultation=consultation, actor=request.user, lines=lines, seen=seen)
    except (VisitChangedError, VisitSignedError) as error:
        stored = stored_lines(consultation)
        return visit_part(
            request,
            consultation,
            "conflict" if request.htmx else "prescription",
            status=409,
            line_formset=formset,
            refusal=" ".join(error.messages),
            differences=line_differences(lines, stored),
            keep_name="lines_seen",
            keep_value=lines_fingerprint(stored),
        )
    return saved_answer(request, consultation, name="lines_seen", value=lines_fingerprint(lines))


@require_GET
def prescription_pdf(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Send a signed prescription as a PDF."""
    prescriptions = visible_prescriptions(request.user).select_related(
        "consultation__patient", "consultation__doctor__user"
    )
    prescription = get_object_or_404(prescriptions, pk=pk)
    site_url = request.build_absolute_uri("/")
    try:
        paper = print_prescription(prescription=prescription, actor=request.user, site_url=site_url)
    except ValidationError as error:
        return refusal_page(request, error)
    return send_paper(paper)


@require_POST
def prescription_revoke(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Revoke a signed prescription, with a reason."""
    prescriptions = visible_prescriptions(request.user).select_related("consultation__doctor")
    prescription = get_object_or_404(prescriptions, pk=pk)
    if not can_revoke_prescription(request.user, prescription):
        raise PermissionDenied
    consultation = prescription.consultation
    form = RevocationForm(request.POST, auto_id="revoke_%s")
    if not form.is_valid():
        return visit_part(request, consultation, "prescription", status=422, revocation_form=form)
    try:
        revoke_prescription(
            prescription=prescription, actor=request.user, reason=form.cleaned_data["reason"]
        )
    except ValidationError as error:
        return visit_part(
            request,
            consultation,
            "prescription",
            status=409,
            prescription_refusal=" ".join(error.messages),
        )
    return back_to_visit(request, consultation, _("The prescription is revoked."))


@require_POST
def prescription_renew(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Copy a signed prescription into the draft of the patient's open visit."""
    prescriptions = visible_prescriptions(request.user).select_related("consultation__patient")
    prescription = get_object_or_404(prescriptions, pk=pk)
    consultation = prescription.consultation
    if not can_see_clinical(request.user, consultation.patient):
        raise PermissionDenied
    try:
        draft = renew_prescription(prescription=prescription, actor=request.user)
    except ValidationError as error:
        return visit_part(
            request,
            consultation,
            "prescription",
            status=409,
            prescription_refusal=" ".join(error.messages),
        )
    said = _("The lines are copied into the draft. Check them, then sign.")
    return back_to_visit(request, draft.consultation, said)
