"""A prescription on paper."""

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.core.lists import listed_apart
from clinic.people.models.user import User
from clinic.records.models.paper import IssuedDocument
from clinic.records.models.prescription import Prescription, PrescriptionLine
from clinic.records.services.papers import Paper, PrintedPaper, at_time, print_paper


def print_prescription(*, prescription: Prescription, actor: User, site_url: str) -> PrintedPaper:
    """Print what was signed in the patient's language; if revoked, every page says so."""
    if prescription.signed_at is None:
        raise ValidationError(
            _("This prescription is a draft. It can be printed once the visit is signed.")
        )
    patient = prescription.consultation.patient
    # Patients who print it themselves get the language of their page.
    is_own = patient.user_id == actor.pk
    language = (is_own and translation.get_language()) or patient.language
    with translation.override(language):
        return print_paper(_paper(prescription, language), actor=actor, site_url=site_url)


def _paper(prescription: Prescription, language: str) -> Paper:
    assert prescription.signed_at is not None
    return Paper(
        kind=IssuedDocument.Kind.PRESCRIPTION,
        consultation=prescription.consultation,
        title=_("Prescription"),
        signed_at=prescription.signed_at,
        content={
            "lines": [_line(line, language) for line in prescription.lines.all()],
            "overrides": _overrides(prescription),
        },
        revoked_at=prescription.revoked_at,
    )


def _overrides(prescription: Prescription) -> dict[str, object] | None:
    """Return the warnings that were overridden."""
    # Checks by hand stay in the record, because they tell the pharmacy nothing.
    answered = prescription.overrides.select_related("overridden_by")
    overrides = [override for override in answered if not override.is_by_hand]
    if not overrides:
        return None
    return {
        "title": _("Prescribed despite a warning"),
        "entries": [
            {
                "warning": override.words,
                "reason": _("Reason: %(reason)s") % {"reason": override.reason},
                "small": _("%(who)s, %(when)s, drug table %(version)s")
                % {
                    "who": override.overridden_by.full_name,
                    "when": at_time(override.overridden_at),
                    "version": override.table_version,
                },
            }
            for override in overrides
        ],
        "note": _("From a small local drug table, not a complete interaction check."),
    }


def _line(written: PrescriptionLine, language: str) -> dict[str, object]:
    line = written.in_language(language)
    return {
        "drug": line.drug,
        "product": [*filter(None, [line.form, line.strength])],
        "use": listed_apart(line.use),
        "supply": [*filter(None, [_quantity(line), _refills(line), _substitution(line)])],
        "note": line.note,
        "original": _original(written, line),
    }


def _original(written: PrescriptionLine, line: PrescriptionLine) -> str:
    """Return what the doctor wrote, if the paper says it in another language."""
    own, said = ([each.form, each.strength, *each.use, each.quantity] for each in (written, line))
    return (
        "" if own == said else _("As the doctor wrote it: %(words)s") % {"words": listed_apart(own)}
    )


def _quantity(line: PrescriptionLine) -> str:
    return _("Quantity: %(quantity)s") % {"quantity": line.quantity} if line.quantity else ""


def _refills(line: PrescriptionLine) -> str:
    if not line.refills:
        return _("No refills")
    words = ngettext("%(count)d refill", "%(count)d refills", line.refills)
    return words % {"count": line.refills}


def _substitution(line: PrescriptionLine) -> str:
    return _("Substitution allowed") if line.is_substitution_allowed else _("No substitution")
