"""A visit from the moment the patient is called in until it is signed, and the addenda after."""

from collections.abc import Iterable
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.models import (
    Addendum,
    Appointment,
    AuditEvent,
    BodySite,
    Consultation,
    Patient,
    Symptom,
    User,
)
from clinic.services.appointments import move_appointment
from clinic.services.audit import record
from clinic.services.prescriptions import refuse_other_lines, sign_prescription
from clinic.services.visit_guard import (
    VisitChangedError,
    VisitSignedError,
    fingerprint,
    lock_open_visit,
)

WRITTEN_FIELDS = ("reason", "body_site_id", "notes", "conclusion")
FACTS = ("phototype", "allergies", "has_no_known_allergies")


@transaction.atomic
def open_visit(*, appointment: Appointment, actor: User) -> Consultation:
    """Calls an arrived patient in; a second click finds the visit that the first one opened."""
    locked = Appointment.objects.select_for_update(no_key=True).get(pk=appointment.pk)
    opened = Consultation.objects.filter(appointment=locked).first()
    if opened:
        return opened
    if locked.status != Appointment.Status.ARRIVED:
        raise ValidationError(
            _("The desk has not marked this patient as arrived. The visit opens once it has.")
        )
    move_appointment(appointment=locked, status=Appointment.Status.IN_CONSULTATION, actor=actor)
    consultation = Consultation.objects.create(
        appointment=locked, patient=locked.patient, doctor=locked.doctor
    )
    record(AuditEvent.Verb.CREATE, actor=actor, patient=consultation.patient, target=consultation)
    return consultation


@transaction.atomic
def save_visit(
    *,
    consultation: Consultation,
    actor: User,
    version: int,
    reason: str,
    symptoms: Iterable[Symptom],
    body_site: BodySite | None,
    notes: str,
    conclusion: str,
) -> Consultation:
    """Stores what the doctor wrote, unless somebody saved since this version was read."""
    stored = Consultation.objects.get(pk=consultation.pk)
    if stored.is_signed:
        raise VisitSignedError
    written = {
        "reason": reason,
        "body_site_id": body_site.pk if body_site else None,
        "notes": notes,
        "conclusion": conclusion,
    }
    chosen = {symptom.pk for symptom in symptoms}
    changed = [field for field in WRITTEN_FIELDS if getattr(stored, field) != written[field]]
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


def facts_fingerprint(patient: Patient) -> str:
    """A mark of the clinical facts that a page shows."""
    return fingerprint([getattr(patient, fact) for fact in FACTS])


@transaction.atomic
def record_clinical_facts(
    *,
    consultation: Consultation,
    actor: User,
    phototype: int | None,
    allergies: str,
    has_no_known_allergies: bool,
    seen: str | None = None,
) -> Patient:
    """Writes down what holds for the patient beyond this visit: phototype and allergies.

    `seen` is the mark of the facts that the doctor had in view: where they have changed since,
    nothing is overwritten.
    """
    lock_open_visit(consultation)
    patient = Patient.objects.select_for_update(no_key=True).get(pk=consultation.patient_id)
    before = {fact: getattr(patient, fact) for fact in FACTS}
    seen_before = facts_fingerprint(patient)
    patient.phototype = phototype
    patient.allergies = allergies.strip()
    patient.has_no_known_allergies = has_no_known_allergies
    changed = [fact for fact in FACTS if getattr(patient, fact) != before[fact]]
    if not changed:
        return patient
    if seen is not None and seen != seen_before:
        raise ValidationError(
            _("Somebody changed these facts meanwhile. Read them once more, then save."),
            code="changed",
        )
    patient.full_clean()
    patient.save(update_fields=FACTS)
    record(
        AuditEvent.Verb.UPDATE,
        actor=actor,
        patient=patient,
        target=patient,
        detail={"fields": changed},
    )
    return patient


@transaction.atomic
def sign_visit(
    *,
    consultation: Consultation,
    actor: User,
    version: int | None = None,
    lines_seen: str | None = None,
) -> Consultation:
    """Signs and closes the visit with its prescription; a second click changes nothing.

    `version` and `lines_seen` are what the doctor had in view: where another window has saved
    since, nothing is signed unread.
    """
    stored = Consultation.objects.select_for_update(no_key=True).get(pk=consultation.pk)
    if stored.is_signed:
        return stored
    if version is not None and version != stored.version:
        raise VisitChangedError(stored)
    if lines_seen is not None:
        refuse_other_lines(consultation=stored, seen=lines_seen)
    if not stored.notes.strip() and not stored.conclusion.strip():
        raise ValidationError(_("Write notes or a conclusion first: there is nothing to sign yet."))
    Consultation.objects.filter(pk=stored.pk, signed_at__isnull=True).update(
        signed_at=timezone.now(), signed_by=actor
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
        detail={"version": stored.version},
    )
    return stored


@transaction.atomic
def add_addendum(*, consultation: Consultation, actor: User, text: str) -> Addendum:
    """Adds a dated note to a signed visit; the same note sent twice is kept once."""
    locked = Consultation.objects.select_for_update(no_key=True).get(pk=consultation.pk)
    if not locked.is_signed:
        raise ValidationError(_("This visit is still open: write it into the notes."))
    text = text.strip()
    if not text:
        raise ValidationError(_("Write what is to be added."))
    kept = locked.addenda.filter(written_by=actor, text=text).first()
    if kept:
        return kept
    addendum = Addendum.objects.create(consultation=locked, text=text, written_by=actor)
    record(AuditEvent.Verb.CREATE, actor=actor, patient=locked.patient, target=addendum)
    return addendum


def record_visit_view(*, consultation: Consultation, actor: User) -> None:
    """Notes that somebody read the visit."""
    record(AuditEvent.Verb.VIEW, actor=actor, patient=consultation.patient, target=consultation)


def record_day_view(*, actor: User, day: date, count: int) -> None:
    """Notes that a doctor read the list of a day."""
    record(
        AuditEvent.Verb.LIST,
        actor=actor,
        detail={"list": "doctor_day", "day": day.isoformat(), "count": count},
    )
