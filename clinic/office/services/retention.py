"""Decide that records end: by the retention period, or by two admins for a request."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.office.services.clinic_settings import settle_proposal
from clinic.office.services.erasure import pseudonymise_patient, refuse_still_here
from clinic.office.services.record_endings import NOTICE, announce_expired, carry_out, carry_out_due
from clinic.people.models.erasure import ErasureRequest
from clinic.people.models.patient import Patient
from clinic.people.models.record_ending import RecordEnding
from clinic.people.models.user import User
from clinic.people.permissions import active_admins
from clinic.people.services.account_history import refuse_puppet
from clinic.people.services.ended_records import refuse_ended
from clinic.trail.models.audit import AuditEvent
from clinic.trail.models.notification import Notification
from clinic.trail.services.audit import record
from clinic.trail.services.notifications import notify

__all__ = [
    "ask_for_erasure",
    "confirm_erasure",
    "count_waiting_erasures",
    "decide_erasure",
    "pseudonymise_expired",
    "pseudonymise_patient",
    "record_erasure_list",
    "take_back_erasure",
]


def pseudonymise_expired() -> int:
    """End the records that were announced a day ago, then announce the next ones."""
    settle_proposal()
    ended = carry_out_due()
    announce_expired()
    return ended


def ask_for_erasure(*, patient: Patient, actor: User, words: str = "") -> ErasureRequest:
    """Store a patient's request for erasure; an admin decides on it."""
    refuse_ended(patient.pk)
    granted = RecordEnding.objects.planned().filter(patient=patient, request__isnull=False).first()
    if granted is not None and granted.request is not None:
        return granted.request
    request = ErasureRequest(patient=patient, asked_by=actor, words=words.strip())
    try:
        with transaction.atomic():
            request.full_clean(validate_constraints=False)
            request.save(force_insert=True)
            record(AuditEvent.Verb.CREATE, actor=actor, patient=patient, target=request)
    except IntegrityError:
        return ErasureRequest.objects.waiting().get(patient=patient)
    return request


@transaction.atomic
def decide_erasure(
    *, request: ErasureRequest, actor: User, decision: str, reason: str
) -> ErasureRequest:
    """Grant or refuse once, with a reason; a grant waits for a second admin, or for a day."""
    stored = ErasureRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
    if stored.decided_at is not None:
        raise ValidationError(_("This request has already been decided."), code="decided")
    if not reason.strip():
        raise ValidationError({"reason": _("Say in a few words why.")})
    stored.decision, stored.reason = decision, reason.strip()
    stored.decided_by, stored.decided_at = actor, timezone.now()
    stored.full_clean()
    stored.save()
    record(
        AuditEvent.Verb.UPDATE,
        actor=actor,
        patient=stored.patient,
        target=stored,
        detail={"decision": decision},
    )
    if decision == ErasureRequest.Decision.GRANTED:
        _plan(stored, actor)
    return stored


@transaction.atomic
def confirm_erasure(*, request: ErasureRequest, actor: User) -> ErasureRequest:
    """Carry out at once what another admin has granted."""
    stored, ending = _lock_granted(request)
    if stored.decided_by == actor:
        raise ValidationError(
            _(
                "A second admin has to confirm this, because you granted it. Otherwise it takes"
                " effect after a day."
            ),
            code="same_person",
        )
    refuse_puppet(actor, of=stored.decided_by)
    record(
        AuditEvent.Verb.UPDATE,
        actor=actor,
        patient=stored.patient,
        target=stored,
        detail={"confirmed": True},
    )
    carry_out(ending=ending, actor=actor)
    stored.refresh_from_db()
    return stored


@transaction.atomic
def take_back_erasure(*, request: ErasureRequest, actor: User) -> ErasureRequest:
    """Withdraw a grant that is not carried out yet, so that the request waits again."""
    stored, ending = _lock_granted(request)
    granted_by, granted_at = stored.decided_by, stored.decided_at
    ending.called_off_at = timezone.now()
    ending.save(update_fields=["called_off_at"])
    stored.decision = stored.reason = ""
    stored.decided_by = stored.decided_at = None
    stored.save()
    record(
        AuditEvent.Verb.UPDATE,
        actor=actor,
        patient=stored.patient,
        target=stored,
        detail={"decision": "taken_back"},
    )
    if granted_by is not None and granted_at is not None and granted_by != actor:
        _tell(Notification.Kind.ERASURE_TAKEN_BACK, [granted_by], stored, at=granted_at)
    return stored


def _plan(request: ErasureRequest, actor: User) -> None:
    refuse_still_here(request.patient)
    now = timezone.now()
    planned = RecordEnding.objects.planned().filter(patient=request.patient)
    planned.update(called_off_at=now)
    RecordEnding.objects.create(
        patient=request.patient,
        why=RecordEnding.Why.ERASURE,
        request=request,
        announced_at=now,
        due_at=now + NOTICE,
    )
    others = [admin for admin in active_admins() if admin != actor]
    _tell(Notification.Kind.ERASURE_GRANTED, others, request, at=now)


def _tell(
    kind: Notification.Kind, recipients: list[User], request: ErasureRequest, *, at: datetime
) -> None:
    notify(
        recipients=recipients,
        kind=kind,
        url_name="clinic:erasure_list",
        object_key="",
        # A request may be granted more than once.
        fact_key=f"{request.pk.hex}:{at:%H%M}",
    )


def _lock_granted(request: ErasureRequest) -> tuple[ErasureRequest, RecordEnding]:
    stored = ErasureRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
    endings = RecordEnding.objects.planned().select_for_update(no_key=True)
    ending = endings.filter(request=stored).first()
    if ending is None:
        raise ValidationError(
            _("There is nothing to confirm any more: it has been done or undone."), code="decided"
        )
    return stored, ending


def count_waiting_erasures() -> int:
    """Count the requests that wait for a decision."""
    return ErasureRequest.objects.waiting().count()


def record_erasure_list(*, actor: User, count: int) -> None:
    """Note that somebody read the list of requests for erasure."""
    record(AuditEvent.Verb.LIST, actor=actor, detail={"of": "erasure_requests", "count": count})
