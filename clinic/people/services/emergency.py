"""Emergency access: a record opened without a care relation, and its review afterwards."""

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.digits import western
from clinic.people.models.emergency import REVIEW_WITHIN, EmergencyAccess
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.names import name_key, names_of
from clinic.people.permissions import active_admins
from clinic.people.services.account_history import has_had_a_hand_in
from clinic.people.services.ended_records import refuse_ended
from clinic.trail.models.audit import AuditEvent
from clinic.trail.models.notification import Notification
from clinic.trail.services.audit import record
from clinic.trail.services.notifications import notify

LASTS = timedelta(minutes=60)
MIN_REASON = 10
Kind = Notification.Kind


def find_exactly(
    *, record_number: str = "", full_name: str = "", birth_date: date | None = None
) -> Patient | None:
    """Find the one patient with exactly this number, or this full name and date of birth."""
    if record_number:
        digits = western(record_number).upper().removeprefix("P").lstrip("- ")
        number = f"P-{int(digits):06d}" if digits.isascii() and digits.isdecimal() else ""
        return Patient.objects.filter(record_number=number).first() if number else None
    words = sorted(names_of(full_name))
    if not words or birth_date is None:
        return None
    born = Patient.objects.filter(birth_date=birth_date)
    found = [
        each
        for each in born
        if sorted(names_of(each.full_name)) == words
        or name_key(each.full_name) == name_key(full_name)
    ]
    return found[0] if len(found) == 1 else None


@transaction.atomic
def open_emergency_access(*, doctor: User, patient: Patient, reason: str) -> EmergencyAccess:
    """Open the record for an hour and tell the admins; a running access continues."""
    # Two clicks take turns.
    locked = User.objects.select_for_update().get(pk=doctor.pk)
    running = EmergencyAccess.objects.running().filter(doctor=doctor, patient=patient).first()
    if running is not None:
        return running
    refuse_ended(patient.pk)
    if len(reason.strip()) < MIN_REASON:
        raise ValidationError({"reason": _("Say in a sentence why.")})
    now = timezone.now()
    access = EmergencyAccess(
        doctor=doctor, patient=patient, reason=reason.strip(), started_at=now, ends_at=now + LASTS
    )
    access.full_clean()
    access.save(force_insert=True)
    locked.emergency_until = doctor.emergency_until = access.ends_at
    locked.save(update_fields=["emergency_until"])
    record(AuditEvent.Verb.EMERGENCY, actor=doctor, patient=patient, target=access)
    _tell_admins(access, Kind.EMERGENCY_OPENED, fact_key=str(access.pk))
    return access


@transaction.atomic
def end_emergency_access(*, access: EmergencyAccess, actor: User) -> None:
    """Close the record again before the hour is over."""
    locked = EmergencyAccess.objects.select_for_update().get(pk=access.pk)
    if not locked.is_running:
        return
    # On a coarse clock, the end must still be after the start.
    locked.ends_at = max(timezone.now(), locked.started_at + timedelta(microseconds=1))
    locked.save(update_fields=["ends_at"])
    detail = {"ended": True}
    record(
        AuditEvent.Verb.UPDATE, actor=actor, patient=locked.patient, target=locked, detail=detail
    )


@transaction.atomic
def review_emergency_access(
    *, access: EmergencyAccess, actor: User, verdict: str, note: str
) -> EmergencyAccess:
    """Store what an admin found; a verdict is given only once."""
    locked = EmergencyAccess.objects.select_for_update().get(pk=access.pk)
    if locked.reviewed_at is not None:
        raise ValidationError(_("Somebody else has already reviewed this."), code="reviewed")
    if has_had_a_hand_in(locked.doctor, by=actor):
        raise ValidationError(
            _(
                "You created or changed this doctor’s account within the last year, so another "
                "admin has to review this access."
            ),
            code="own_hand",
        )
    locked.reviewed_by, locked.reviewed_at = actor, timezone.now()
    locked.verdict, locked.note = verdict, note.strip()
    locked.full_clean()
    locked.save(update_fields=["reviewed_by", "reviewed_at", "verdict", "note"])
    record(
        AuditEvent.Verb.REVIEW,
        actor=actor,
        patient=locked.patient,
        target=locked,
        detail={"verdict": verdict},
    )
    return locked


def running_emergencies(doctor: User) -> list[EmergencyAccess]:
    """Return the emergency accesses open to the doctor, for the banner on each page."""
    if not doctor.may_have_emergency:
        return []
    running = EmergencyAccess.objects.running().filter(doctor=doctor)
    return list(running.select_related("patient"))


def record_wrong_emergency_password(*, doctor: User) -> None:
    """Note that somebody signed in as the doctor did not know the password."""
    detail = {"reason": "emergency_password"}
    record(AuditEvent.Verb.DENIED, actor=doctor, target=doctor, detail=detail)


def record_emergency_view(*, access: EmergencyAccess, actor: User) -> None:
    """Note that an admin read why a record was opened and what was read in it."""
    record(AuditEvent.Verb.VIEW, actor=actor, patient=access.patient, target=access)


def remind_of_emergency_reviews() -> None:
    """Tell the admins, once a day, of each access that was not reviewed in time."""
    now = timezone.now()
    overdue = EmergencyAccess.objects.unreviewed().filter(started_at__lt=now - REVIEW_WITHIN)
    # The reminder does not use the reason, so an unreadable reason must not stop it.
    for access in overdue.defer("reason", "note"):
        days = (now - access.review_due_at).days
        _tell_admins(access, Kind.EMERGENCY_OVERDUE, fact_key=f"{access.pk.hex}:{days}")


def _tell_admins(access: EmergencyAccess, kind: Kind, *, fact_key: str) -> None:
    notify(
        recipients=active_admins(),
        kind=kind,
        url_name="clinic:emergency_review",
        object_key=access.pk,
        fact_key=fact_key,
    )
