"""The dialog before a signature: everything that is still open, as it is now."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from clinic.core.http import SignedInRequest
from clinic.core.lists import listed
from clinic.core.papers.glyphs import loss_in_words
from clinic.people.models.user import User
from clinic.records.forms.consultations import SignForm
from clinic.records.models.consultation import Consultation
from clinic.records.models.prescription import Prescription
from clinic.records.pages.visit_parts import read_facts, warnings_context
from clinic.records.pages.visits import (
    frame_context,
    prescription_of,
    texts_on_paper,
    visits_to_show,
)
from clinic.records.permissions import is_offered_opening
from clinic.records.services.prescriptions import DraftLine, lines_fingerprint
from clinic.records.services.signing import Findings, findings_of, outdated, told_too_early

TEMPLATE = "clinic/records/partials/visit_sign_dialog.html"


def sign_page(
    request: SignedInRequest,
    consultation: Consultation,
    *,
    form: SignForm | None = None,
    refusal: str = "",
    must_read_again: bool = False,
    status: int = 200,
) -> HttpResponse:
    """Render the dialog, or without a script the page, on which a visit is signed."""
    # A refusal is shown with what is stored now, not with what was read before it.
    stored = visits_to_show(request.user).get(pk=consultation.pk) if refusal else consultation
    context = {
        **_sign_context(stored, request.user),
        "sign_form": form or SignForm(initial=_marks(stored)),
        "sign_refusal": refusal,
        "must_read_again": must_read_again,
        "is_dialog": bool(request.htmx),
    }
    if request.htmx:
        return render(request, TEMPLATE, context, status=status)
    context["part"] = TEMPLATE
    return render(request, "clinic/records/visit_part.html", context, status=status)


def _sign_context(visit: Consultation, user: User) -> dict[str, Any]:
    prescription = prescription_of(visit)
    if _is_written(prescription):
        read_facts(visit.patient)
    findings = findings_of(visit)
    return {
        **frame_context(visit, user),
        "findings": findings,
        "drug_cautions": [
            *_outdated_indications(prescription, findings),
            *_drug_cautions(visit, prescription),
        ],
        "paper_loss": loss_in_words(*texts_on_paper(visit)),
        "told_too_early": _told_too_early(visit, findings),
        "missing_papers": list(_missing_papers(visit, prescription, findings, user)),
    }


def _marks(visit: Consultation) -> dict[str, object]:
    prescription = prescription_of(visit)
    lines = [DraftLine.of(line) for line in prescription.lines.all()] if prescription else []
    return {"version": visit.version, "lines_seen": lines_fingerprint(lines)}


def _is_written(prescription: Prescription | None) -> bool:
    return prescription is not None and bool(prescription.lines.all())


def _drug_cautions(visit: Consultation, prescription: Prescription | None) -> Iterable[str]:
    """Yield what the drug table says of the lines, as far as nobody has answered it."""
    if prescription is None or not _is_written(prescription):
        return
    found = warnings_context(visit.patient, prescription)
    for state in found["drug_warnings"]:
        if state.override is None:
            yield f"{state.warning.kind.label}: {state.warning.words}"
    for check in found["open_hand_checks"]:
        yield _("Not checked: %(words)s") % {"words": check.words}


def _outdated_indications(prescription: Prescription | None, findings: Findings) -> Iterable[str]:
    """Yield the lines that are for a diagnosis which has been changed or withdrawn."""
    sentence = _("%(drug)s is for “%(diagnosis)s”, which is no longer a diagnosis of this visit.")
    lines = prescription.lines.all() if prescription else []
    wrong = outdated([line.indication for line in lines], findings)
    for line in lines:
        if line.indication in wrong:
            yield sentence % {"drug": line.drug, "diagnosis": line.indication}


def _told_too_early(visit: Consultation, findings: Findings) -> str:
    """Return a warning if the conclusion names a diagnosis that the patient should not read yet."""
    named = told_too_early(visit.conclusion, findings)
    if not named:
        return ""
    sentence = _(
        "The conclusion names %(diseases)s: the patient reads that as soon as you sign, although "
        "the diagnosis waits."
    )
    return sentence % {"diseases": listed(named)}


def _missing_papers(
    visit: Consultation, prescription: Prescription | None, findings: Findings, user: User
) -> Iterable[str]:
    if not visit.conclusion.strip():
        yield _("No conclusion for the patient is written.")
    if prescription is None:
        yield _("Nothing is prescribed.")
    if findings.referred:
        sentence = _("%(lesions)s: no letter to the colleague yet. Write it once this is signed.")
        yield sentence % {"lesions": listed(findings.referred)}
    if is_offered_opening(user, visit.patient):
        yield _("The patient cannot read the record yet. An access code can be printed.")
