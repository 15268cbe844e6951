"""A visit from call-in to signature, and the addenda afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, ProtectedError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.locking import lock
from clinic.people.models.user import User
from clinic.people.services.ended_records import refuse_ended
from clinic.records.models.catalogue import BodySite, Symptom
from clinic.records.models.consultation import Addendum, Consultation
from clinic.records.services.prescriptions import refuse_other_lines, sign_prescription
from clinic.records.services.signing import (
    findings_of,
    refuse_telling_early,
    refuse_telling_early_afterwards,
    refuse_unread_alarms,
)
from clinic.records.services.visit_guard import (
    VisitChangedError,
    VisitSignedError,
    VisitUsedError,
    hold_patient,
)
from clinic.records.services.visit_news import tell_patient_of_signed_visit
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.services.appointments import move_appointment
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record, record_list_once, record_once

NOTES_FIELDS = ("history", "examination", "assessment", "plan", "notes", "conclusion")
REASONS = ("unreviewed_reason", "early_reason")


@dataclass(frozen=True, kw_only=True)
class VisitDraft:
    """All that a doctor has written in an open visit."""

    reason: str = ""
    symptoms: Iterable[Symptom] = ()
    body_site: BodySite | None = None
    history: str = ""
    examination: str = ""
    assessment: str = ""
    plan: str = ""
    notes: str = ""
    conclusion: str = ""
    follow_up_weeks: int | None = None


@transaction.atomic
def open_visit(*, appointment: Appointment, actor: User) -> Consultation:
    """Call an arrived patient in; a second click finds the visit that the first one opened."""
    locked = Appointment.objects.select_for_update(no_key=True).get(pk=appointment.pk)
    opened = Consultation.objects.filter(appointment=locked).first()
    if opened:
        return opened
    if locked.status != Appointment.Status.ARRIVED:
        raise ValidationError(
            _(
                "The desk has not marked this patient as arrived yet. You can open the visit "
                "once it has."
            )
        )
    move_appointment(appointment=locked, status=Appointment.Status.IN_CONSULTATION, actor=actor)
    consultation = Consultation.objects.create(
        appointment=locked, patient=locked.patient, doctor=locked.doctor
    )
    record(AuditEvent.Verb.CREATE, actor=actor, patient=consultation.patient, target=consultation)
    return consultation


@transaction.atomic
def undo_call_in(*, consultation: Consultation, actor: User) -> Appointment:
    """Undo a call-in while the visit is empty; a second click changes nothing.

    The patient waits again as if never called.

    The empty row is deleted, because it says nothing about the patient and would appear as a visit
    in every list. Nothing clinical can be lost, because everything attached to a visit protects it.
    The audit trail keeps both the call-in and its undoing.
    """
    # Photographs and lines that are being stored right now wait for this lock, or it for them.
    stored = Consultation.objects.select_for_update().filter(pk=consultation.pk).first()
    if stored is None:
        return consultation.appointment
    if stored.is_signed:
        raise VisitSignedError
    if stored.version or stored.symptoms.exists():
        raise VisitUsedError
    record(
        AuditEvent.Verb.UPDATE,
        actor=actor,
        patient=stored.patient,
        target=stored,
        detail={"call_in": "undone"},
    )
    appointment = stored.appointment
    try:
        stored.delete()
    except ProtectedError as error:
        raise VisitUsedError from error
    return move_appointment(appointment=appointment, status=Appointment.Status.ARRIVED, actor=actor)


@transaction.atomic
def save_visit(
    *, consultation: Consultation, actor: User, version: int, draft: VisitDraft
) -> Consultation:
    """Store what the doctor wrote, unless somebody saved since this version was read."""
    stored = lock(consultation, no_key=True)
    if stored.is_signed:
        raise VisitSignedError
    written = {
        "reason": draft.reason,
        "body_site_id": draft.body_site.pk if draft.body_site else None,
        "follow_up_weeks": draft.follow_up_weeks,
        **{field: getattr(draft, field) for field in NOTES_FIELDS},
    }
    chosen = {symptom.pk for symptom in draft.symptoms}
    changed = [field for field, said in written.items() if getattr(stored, field) != said]
    if chosen != set(stored.symptoms.values_list("pk", flat=True)):
        changed.append("symptoms")
    if not changed:
        return stored
    won = Consultation.objects.filter(pk=stored.pk, version=version, signed_at__isnull=True).update(
        version=F("version") + 1, saved_at=timezone.now(), **written
    )
    stored.refresh_from_db()
    if not won:
        raise VisitSignedError if stored.is_signed else VisitChangedError(stored)
    stored.symptoms.set(chosen)
    record(
        AuditEvent.Verb.UPDATE,
        actor=actor,
        patient=stored.patient,
        target=stored,
        detail={"fields": changed, "version": stored.version},
    )
    return stored


@transaction.atomic
def sign_visit(
    *,
    consultation: Consultation,
    actor: User,
    version: int | None = None,
    lines_seen: str | None = None,
    alarms_seen: str | None = None,
    unreviewed_reason: str = "",
    early_reason: str = "",
) -> Consultation:
    """Sign and close the visit with its prescription; a second click changes nothing.

    `version`, `lines_seen` and `alarms_seen` are what the doctor saw. If another window has saved
    since, or a warning has come, nothing is signed unread. A warning that nobody has reviewed needs
    a reason, which is kept with the visit, and so does a conclusion that names a diagnosis that the
    patient should not read yet.
    """
    stored = lock(consultation, no_key=True)
    if stored.is_signed:
        return stored
    # An allergy noted at this moment is either considered here or refused as too late.
    hold_patient(stored)
    refuse_unread(stored, version=version, lines_seen=lines_seen)
    if not any(getattr(stored, field).strip() for field in NOTES_FIELDS):
        raise ValidationError(_("Write notes or a conclusion first: there is nothing to sign yet."))
    reason = unreviewed_reason.strip()
    findings = findings_of(stored)
    unreviewed = refuse_unread_alarms(findings, reason=reason, seen=alarms_seen)
    early = refuse_telling_early(stored, findings, reason=early_reason.strip())
    stored.unreviewed_reason = reason if unreviewed else ""
    stored.early_reason = early_reason.strip() if early else ""
    others = [each.name for each in stored._meta.fields if each.name not in REASONS]
    stored.clean_fields(exclude=others)
    Consultation.objects.filter(pk=stored.pk, signed_at__isnull=True).update(
        signed_at=timezone.now(),
        signed_by=actor,
        unreviewed_reason=stored.unreviewed_reason,
        early_reason=stored.early_reason,
    )
    stored.refresh_from_db()
    move_appointment(
        appointment=stored.appointment, status=Appointment.Status.COMPLETED, actor=actor
    )
    sign_prescription(consultation=stored, actor=actor)
    record(
        AuditEvent.Verb.SIGN,
        actor=actor,
        patient=stored.patient,
        target=stored,
        detail={
            "version": stored.version,
            "unreviewed_warnings": unreviewed,
            "told_early": early,
        },
    )
    tell_patient_of_signed_visit(stored)
    return stored


def refuse_unread(
    consultation: Consultation, *, version: int | None, lines_seen: str | None
) -> None:
    """Refuse to go on if the visit has changed since the doctor read this version of it."""
    if version is not None and version != consultation.version:
        raise VisitChangedError(consultation)
    if lines_seen is not None:
        refuse_other_lines(consultation=consultation, seen=lines_seen)


@transaction.atomic
def add_addendum(*, consultation: Consultation, actor: User, text: str) -> Addendum:
    """Add a dated note to a signed visit; the same note sent twice is kept once."""
    locked = Consultation.objects.select_for_update(no_key=True).get(pk=consultation.pk)
    if not locked.is_signed:
        raise ValidationError(_("This visit is still open. Write it in the notes instead."))
    refuse_ended(locked.patient_id)
    text = text.strip()
    if not text:
        raise ValidationError(_("Write the addendum."))
    # The texts are encrypted, so the database cannot compare them.
    for kept in locked.addenda.filter(written_by=actor):
        if kept.text == text:
            return kept
    refuse_telling_early_afterwards(locked, text)
    addendum = Addendum.objects.create(consultation=locked, text=text, written_by=actor)
    record(AuditEvent.Verb.CREATE, actor=actor, patient=locked.patient, target=addendum)
    return addendum


def record_visit_view(*, consultation: Consultation, actor: User) -> None:
    """Note that somebody read the visit."""
    record(AuditEvent.Verb.VIEW, actor=actor, patient=consultation.patient, target=consultation)


def record_visit_part_view(*, consultation: Consultation, actor: User) -> None:
    """Note that somebody read a part of the visit, unless the page around it was just noted."""
    record_once(
        AuditEvent.Verb.VIEW, actor=actor, patient=consultation.patient, target=consultation
    )


def record_day_view(*, actor: User, day: date, count: int, page: int = 1) -> None:
    """Note that a doctor read the list of a day, which the open page fetches repeatedly."""
    record_list_once(
        actor=actor,
        detail={"list": "doctor_day", "day": day.isoformat(), "count": count},
        which=f"page {page}",
    )
