"""Contexts for the parts of a visit's page, and how views respond with them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from clinic.core.http import SignedInRequest
from clinic.core.papers.glyphs import loss_in_words
from clinic.people.models.consent import Consent
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.permissions import can_record_consent
from clinic.records.allergy_bar import allergy_bar_of
from clinic.records.drugs.suggestions import suggestions
from clinic.records.drugs.table import drug_table
from clinic.records.forms.consultations import AddendumForm, VisitNotesForm
from clinic.records.forms.prescriptions import RevocationForm, line_formset
from clinic.records.models.catalogue import BodySite
from clinic.records.models.consultation import Consultation, ConsultationQuerySet
from clinic.records.models.prescription import Prescription
from clinic.records.pages.visit_parts import facts_context
from clinic.records.permissions import (
    can_revoke_prescription,
    can_write_visit,
    is_offered_opening,
    visible_consultations,
    visible_documents,
)
from clinic.records.services.consultations import (
    NOTES_FIELDS,
)
from clinic.records.services.prescriptions import DraftLine, lines_fingerprint
from clinic.records.services.signing import AlarmsChangedError
from clinic.records.services.visit_guard import VisitChangedError, VisitSignedError
from clinic.scheduling.services.appointments import IllegalTransitionError

TIMELINE_SIZE = 10

NEWEST_DOCUMENTS = 5

CONSENTS_IN_A_VISIT = (
    Consent.Purpose.PHOTOGRAPHY,
    Consent.Purpose.AI_ANALYSIS,
    Consent.Purpose.TRAINING,
)

PATIENT_PARTS = ("card", "patient")

CONFLICTS = (AlarmsChangedError, IllegalTransitionError, VisitChangedError, VisitSignedError)


@dataclass(frozen=True)
class ConsentState:
    """A purpose with its current consent, or else the last one that was withdrawn."""

    purpose: Consent.Purpose
    consent: Consent | None
    withdrawn: Consent | None


def visit_context(consultation: Consultation, user: User) -> dict[str, Any]:
    """Return what the clinic's parts of the visit page show at once."""
    prescription = prescription_of(consultation)
    frame = frame_context(consultation, user)
    offered = BodySite.objects.offered(consultation.body_site_id)
    body_sites = list(offered) if frame["can_write"] else []
    return {
        **frame,
        "body_sites": body_sites,
        "notes_form": VisitNotesForm(instance=consultation, body_sites=body_sites)
        if frame["can_write"]
        else None,
        "notes_version": consultation.version,
        "can_open_record": consultation.is_signed
        and is_offered_opening(user, consultation.patient),
        "written_notes": written_notes(consultation),
        # Only the page of the whole visit knows which photographs are still open.
        "sign_warnings": None,
        # Drug warnings and the patient column follow in separate requests.
        "drug_warnings": (),
        "hand_checks": (),
        "open_hand_checks": (),
        "hand_check_refusal": "",
        "lost_override": None,
        "fact_groups": (),
        "paper_loss": loss_in_words(*texts_on_paper(consultation)) if frame["can_write"] else "",
        "addenda": consultation.addenda.select_related("written_by"),
        "addendum_form": AddendumForm(auto_id="addendum_%s"),
        **_prescription_context(prescription, user),
    }


def texts_on_paper(consultation: Consultation) -> list[str]:
    """Return the typed texts that the visit's papers will print."""
    prescription = prescription_of(consultation)
    lines = prescription.lines.all() if prescription else []
    return [
        consultation.patient.full_name,
        consultation.reason,
        *(text for _name, text in written_notes(consultation)),
        *(DraftLine.of(line).words for line in lines),
    ]


def frame_context(consultation: Consultation, user: User) -> dict[str, Any]:
    """Return what every part of the visit page needs to know."""
    is_own = can_write_visit(user, consultation)
    return {
        "consultation": consultation,
        "patient": consultation.patient,
        "can_write": is_own and not consultation.is_signed,
        "can_add_addendum": is_own
        and consultation.is_signed
        and not consultation.patient.has_ended,
        "allergy_bar": allergy_bar_of(consultation.patient),
        "drug_table": drug_table(),
        "suggestions": suggestions(),
    }


def written_notes(consultation: Consultation) -> list[tuple[str, str]]:
    """Return the non-empty texts of a visit with their field names."""
    fields = [field for field in Consultation._meta.fields if field.name in NOTES_FIELDS]
    texts = [(field.verbose_name, getattr(consultation, field.name)) for field in fields]
    return [(capfirst(str(name)), text) for name, text in texts if text]


def patient_context(consultation: Consultation, user: User) -> dict[str, Any]:
    """Build the context of the patient column, also for a separate page."""
    patient = consultation.patient
    last = {each.purpose: each for each in patient.consents.order_by("given_at")}
    others = (
        visible_consultations(user)
        .filter(patient=patient)
        .exclude(pk=consultation.pk)
        .select_related("doctor__user", "appointment__visit_type", "prescription")
    )
    return {
        **frame_context(consultation, user),
        "can_record_consent": not patient.has_ended and can_record_consent(user, patient),
        "can_open_record": is_offered_opening(user, patient),
        "consents": [_consent_state(each, last.get(each)) for each in CONSENTS_IN_A_VISIT],
        "timeline": list(others[:TIMELINE_SIZE]),
        "documents": visible_documents(user).filter(patient=patient).kept()[:NEWEST_DOCUMENTS],
        **facts_context(patient),
    }


def _consent_state(purpose: Consent.Purpose, last: Consent | None) -> ConsentState:
    stands = (
        last is not None and last.withdrawn_at is None and last.patient.pseudonymised_at is None
    )
    return ConsentState(purpose, last if stands else None, None if stands else last)


def prescription_of(consultation: Consultation) -> Prescription | None:
    """Return the visit's prescription, if there is one."""
    return consultation.prescription if hasattr(consultation, "prescription") else None


def open_visit_with(user: User, patient: Patient) -> Consultation | None:
    """Return the patient's open visit with this doctor, if there is one."""
    open_visits = Consultation.objects.filter(patient=patient, signed_at__isnull=True)
    return open_visits.filter(doctor__user=user).first()


def _prescription_context(prescription: Prescription | None, user: User) -> dict[str, Any]:
    lines = [DraftLine.of(line) for line in prescription.lines.all()] if prescription else []
    is_issued = prescription is not None and prescription.status == Prescription.Status.SIGNED
    return {
        "prescription": prescription,
        "lines": lines,
        "lines_seen": lines_fingerprint(lines),
        "overrides": prescription.overrides.select_related("overridden_by") if prescription else (),
        "line_formset": line_formset(lines=lines),
        "can_renew": is_issued,
        "can_revoke": (
            prescription is not None and is_issued and can_revoke_prescription(user, prescription)
        ),
        "revocation_form": RevocationForm(auto_id="revoke_%s"),
    }


def visits_to_show(user: User) -> ConsultationQuerySet:
    """Return the visits that the user may see, with what their page needs."""
    rows = visible_consultations(user).select_related(
        "patient",
        "doctor__user",
        "appointment",
        "body_site",
        "signed_by",
        "prescription__signed_by",
        "prescription__revoked_by",
        "prescription__renewed_from",
    )
    return rows.prefetch_related("prescription__lines")


def writable_visit(
    request: SignedInRequest, pk: UUID, visits: ConsultationQuerySet | None = None
) -> Consultation:
    """Return the visit for the doctor who writes it; services check whether it is still open."""
    if visits is None:
        visits = visible_consultations(request.user).select_related("patient", "doctor__user")
    consultation = get_object_or_404(visits, pk=pk)
    if not can_write_visit(request.user, consultation):
        raise PermissionDenied
    return consultation


def visit_part(
    request: SignedInRequest, consultation: Consultation, part: str, *, status: int, **changes: Any
) -> HttpResponse:
    """Render one part of the visit page: alone for a script, otherwise as a full page."""
    stored = visits_to_show(request.user).get(pk=consultation.pk)
    of_part = patient_context if part in PATIENT_PARTS else visit_context
    context = of_part(stored, request.user) | changes
    template = f"clinic/records/partials/visit_{part}.html"
    if request.htmx:
        return render(request, template, context, status=status)
    return render(
        request, "clinic/records/visit_part.html", {**context, "part": template}, status=status
    )


def back_to_visit(request: SignedInRequest, consultation: Consultation, said: str) -> HttpResponse:
    """Show the visit again with a message about what was done."""
    messages.success(request, said)
    return redirect(consultation)


def saved_answer(
    request: SignedInRequest, consultation: Consultation, *, name: str, value: object
) -> HttpResponse:
    """Return a quiet confirmation that a part is stored, and the mark for the next save."""
    if not request.htmx:
        return back_to_visit(request, consultation, _("Saved."))
    context = {"at": timezone.now(), "name": name, "value": value}
    return render(request, "clinic/records/partials/visit_saved.html", context)


def status_of(error: ValidationError) -> int:
    """Return 409 if the record has changed since, 422 if the submission is not enough."""
    return 409 if isinstance(error, CONFLICTS) else 422
