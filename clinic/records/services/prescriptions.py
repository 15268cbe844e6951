"""Prescriptions: a draft while the visit is open, signed with it, then only revoked or renewed."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from clinic.core.lists import listed
from clinic.people.models.user import User
from clinic.records.drugs.phrases import LANGUAGES, PARTS
from clinic.records.drugs.table import drug_table
from clinic.records.models.consultation import Consultation
from clinic.records.models.prescription import AS_WRITTEN, Prescription, PrescriptionLine
from clinic.records.services.drug_warnings import settle_warnings
from clinic.records.services.visit_guard import VisitChangedError, fingerprint, lock_open_visit
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record


@dataclass(frozen=True)
class DraftLine:
    """One drug and how it is taken, as written."""

    drug: str
    dose: str
    frequency: str
    duration: str
    form: str = ""
    strength: str = ""
    route: str = ""
    quantity: str = ""
    refills: int = 0
    is_substitution_allowed: bool = True
    is_as_needed: bool = False
    note: str = ""
    indication: str = ""

    @property
    def words(self) -> str:
        """The line as somebody would read it aloud."""
        drug = " ".join(filter(None, [self.drug, self.form, self.strength]))
        use = [self.dose, self.route, self.frequency, self.duration, self.note, self.indication]
        return f"{drug}: {listed(use)}"

    @classmethod
    def of(cls, line: PrescriptionLine) -> "DraftLine":
        """Return the words of a stored line."""
        return cls(**{name: getattr(line, name) for name in cls.__dataclass_fields__})


def stored_lines(consultation: Consultation) -> list[DraftLine]:
    """Return the lines of the visit's prescription, in their order."""
    lines = PrescriptionLine.objects.filter(prescription__consultation=consultation)
    return [DraftLine.of(line) for line in lines]


def lines_fingerprint(lines: Iterable[DraftLine]) -> str:
    """Return a mark of the lines that a page shows."""
    return fingerprint([astuple(line) for line in lines])


def refuse_other_lines(*, consultation: Consultation, seen: str) -> None:
    """Refuse if the prescription is no longer what the doctor saw."""
    if lines_fingerprint(stored_lines(consultation)) != seen:
        raise VisitChangedError(consultation)


@transaction.atomic
def save_prescription(
    *,
    consultation: Consultation,
    actor: User,
    lines: Sequence[DraftLine],
    seen: str | None = None,
) -> Prescription | None:
    """Replace the draft's lines; without lines there is no draft.

    `seen` is the mark of the lines that the doctor saw: if another window has saved others since,
    nothing is overwritten.
    """
    visit = lock_open_visit(consultation)
    prescription = Prescription.objects.filter(consultation=visit).first()
    if stored_lines(visit) == list(lines):
        return prescription
    if seen is not None:
        refuse_other_lines(consultation=visit, seen=seen)
    Consultation.objects.filter(pk=visit.pk).update(saved_at=timezone.now())
    if prescription is None:
        prescription = Prescription.objects.create(consultation=visit)
    prescription.lines.all().delete()
    add_lines(prescription=prescription, lines=lines)
    record(
        AuditEvent.Verb.UPDATE,
        actor=actor,
        patient=visit.patient,
        target=prescription,
        detail={"lines": len(lines)},
    )
    if not lines:
        prescription.overrides.all().delete()
        prescription.delete()
        return None
    return prescription


def add_lines(*, prescription: Prescription, lines: Iterable[DraftLine]) -> None:
    """Append checked lines to a draft."""
    first = prescription.lines.count()
    for position, words in enumerate(lines, start=first):
        line = PrescriptionLine(prescription=prescription, position=position, **asdict(words))
        line.clean_fields(exclude=["prescription"])
        line.save()


def sign_prescription(*, consultation: Consultation, actor: User) -> None:
    """Sign the draft of a visit that is being signed, once every warning has an answer."""
    draft = Prescription.objects.filter(
        consultation=consultation, status=Prescription.Status.DRAFT, lines__isnull=False
    ).first()
    if draft is None:
        return
    settle_warnings(draft)
    _keep_languages(draft)
    draft.status = Prescription.Status.SIGNED
    draft.signed_at = timezone.now()
    draft.signed_by = actor
    draft.save(update_fields=["status", "signed_at", "signed_by", "drug_table_version"])
    record(AuditEvent.Verb.SIGN, actor=actor, patient=consultation.patient, target=draft)


def _keep_languages(draft: Prescription) -> None:
    """Store what the table calls each line's words in other languages, as of this signature."""
    phrases = drug_table().phrases
    page = get_language() or LANGUAGES[0]
    for line in draft.lines.all():
        words = {name: getattr(line, name) for name in PARTS}
        said = {
            language: others
            for language in LANGUAGES
            if (others := phrases.differing(words, language))
        }
        if line.is_as_needed:
            for language, others in said.items():
                others["as_needed"] = _as_needed(language)
            said[AS_WRITTEN] = {"as_needed": _as_needed(phrases.written_in(words, page))}
        line.in_languages = said
        line.save(update_fields=["in_languages"])


def _as_needed(language: str) -> str:
    with override(language):
        return str(_("as needed"))


@transaction.atomic
def revoke_prescription(*, prescription: Prescription, actor: User, reason: str) -> Prescription:
    """Revoke a signed prescription; it stays in the record with the reason."""
    stored = Prescription.objects.select_for_update(no_key=True).get(pk=prescription.pk)
    if stored.status == Prescription.Status.REVOKED:
        return stored
    if stored.status == Prescription.Status.DRAFT:
        raise ValidationError(_("Only a signed prescription can be revoked."))
    stored.status = Prescription.Status.REVOKED
    stored.revoked_at = timezone.now()
    stored.revoked_by = actor
    stored.revoked_reason = reason.strip()
    if not stored.revoked_reason:
        raise ValidationError(_("Say in a few words why the prescription is revoked."))
    stored.full_clean()
    stored.save(update_fields=["status", "revoked_at", "revoked_by", "revoked_reason"])
    record(
        AuditEvent.Verb.TRANSITION,
        actor=actor,
        patient=stored.consultation.patient,
        target=stored,
        detail={"from": "signed", "to": "revoked"},
    )
    return stored


@transaction.atomic
def renew_prescription(*, prescription: Prescription, actor: User) -> Prescription:
    """Copy a signed prescription into the draft of the patient's open visit with this doctor."""
    source = Prescription.objects.select_for_update(no_key=True).get(pk=prescription.pk)
    if source.status != Prescription.Status.SIGNED:
        raise ValidationError(_("Only a signed prescription can be renewed."))
    open_visit = Consultation.objects.filter(
        patient=source.consultation.patient, doctor__user=actor, signed_at__isnull=True
    ).first()
    if open_visit is None:
        raise ValidationError(
            _("A renewal is written in a visit, and this patient has no open visit with you.")
        )
    visit = lock_open_visit(open_visit)
    draft, created = Prescription.objects.get_or_create(
        consultation=visit, defaults={"renewed_from": source}
    )
    if draft.renewed_from_id not in {None, source.pk}:
        raise ValidationError(
            _(
                "The open visit’s prescription already renews another one. Only one can be "
                "renewed at a time."
            )
        )
    written = stored_lines(visit)
    copied = [line for line in stored_lines(source.consultation) if line not in written]
    draft.renewed_from = source
    draft.save(update_fields=["renewed_from"])
    add_lines(prescription=draft, lines=copied)
    if copied or created:
        Consultation.objects.filter(pk=visit.pk).update(saved_at=timezone.now())
        record(
            AuditEvent.Verb.CREATE if created else AuditEvent.Verb.UPDATE,
            actor=actor,
            patient=visit.patient,
            target=draft,
            detail={"renewed_from": str(source.pk), "lines": len(copied)},
        )
    return draft
