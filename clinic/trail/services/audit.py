"""The audit trail: every service that reads or changes a record adds a row to it."""

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Model, QuerySet
from django.utils import timezone

from clinic.trail.audit_hash import COLUMNS, content_hash
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit_chain import seal_after_commit

if TYPE_CHECKING:
    from clinic.people.models.patient import Patient
    from clinic.people.models.user import User

# An open page keeps fetching its fragments while somebody looks at it.
ONCE_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True)
class Origin:
    """Where an event comes from: a request, a task or a command."""

    request_id: uuid.UUID = field(default_factory=uuid.uuid4)
    ip_address: str | None = None


_origin: ContextVar[Origin | None] = ContextVar("audit_origin", default=None)
_recorded: ContextVar[list[int] | None] = ContextVar("audit_recorded", default=None)


@contextmanager
def from_origin(origin: Origin) -> Iterator[None]:
    """Mark every event recorded inside as coming from one origin."""
    token, recorded = _origin.set(origin), _recorded.set([])
    try:
        yield
    finally:
        _origin.reset(token)
        _recorded.reset(recorded)


def has_recorded() -> bool:
    """Return whether anything of this origin is in the trail, and was not rolled back."""
    keys = _recorded.get()
    return bool(keys and AuditEvent.objects.filter(pk__in=keys).exists())


def record(
    verb: AuditEvent.Verb,
    *,
    actor: "User | None",
    patient: "Patient | None" = None,
    target: Model | None = None,
    detail: Mapping[str, object] | None = None,
    which: str = "",
) -> AuditEvent:
    """Add one event; the detail contains codes and numbers, never clinical text or names.

    `which` says in a few characters what was read where that is no row.
    """
    origin = _origin.get() or Origin()
    event = AuditEvent(
        at=timezone.now(),
        verb=verb,
        actor=actor,
        actor_role=actor.role if actor else "",
        patient=patient,
        target_type=target._meta.label_lower if target else "",
        target_id=str(target.pk) if target else which,
        # In the form the database returns: tuples become lists, keys become text.
        detail=json.loads(json.dumps(dict(detail or {}))),
        request_id=origin.request_id,
        ip_address=origin.ip_address,
    )
    event.content_hash = content_hash(getattr(event, name) for name in COLUMNS)
    event.save(force_insert=True)
    keys = _recorded.get()
    if keys is not None:
        keys.append(event.pk)
    seal_after_commit(event)
    return event


def record_once(
    verb: AuditEvent.Verb,
    *,
    actor: "User",
    patient: "Patient | None",
    target: Model,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Add one event for what a page fetches repeatedly: small pictures and fragments."""
    written = _just_written(verb, actor).filter(
        target_type=target._meta.label_lower, target_id=str(target.pk)
    )
    if not written.exists():
        record(verb, actor=actor, patient=patient, target=target, detail=detail)


def record_list_once(*, actor: "User", detail: Mapping[str, object], which: str = "") -> None:
    """Add one event for a list that an open page fetches repeatedly, and one when it changes.

    `which` names the part of the list, such as its days.
    """
    written = _just_written(AuditEvent.Verb.LIST, actor)
    if not written.filter(detail=detail, target_id=which).exists():
        record(AuditEvent.Verb.LIST, actor=actor, detail=detail, which=which)


def _just_written(verb: AuditEvent.Verb, actor: "User") -> QuerySet[AuditEvent]:
    """Return what the trail already says of the same person at the same address.

    Only the trail decides what is condensed, never what the request says about itself. Somebody
    who reads from elsewhere, such as with a stolen session, leaves rows of their own.
    """
    return AuditEvent.objects.filter(
        actor=actor,
        verb=verb,
        at__gt=timezone.now() - ONCE_WITHIN,
        ip_address=(_origin.get() or Origin()).ip_address,
    )


def record_sign_in(user: "User") -> AuditEvent:
    """Note that somebody has signed in."""
    return record(AuditEvent.Verb.SIGN_IN, actor=user, target=user)


def record_sign_out(user: "User") -> AuditEvent:
    """Note that somebody has signed out."""
    return record(AuditEvent.Verb.SIGN_OUT, actor=user, target=user)


def record_time_out(user: "User", reason: str) -> AuditEvent:
    """Note that the site signed somebody out, and by which limit."""
    return record(AuditEvent.Verb.SIGN_OUT, actor=user, target=user, detail={"reason": reason})


def record_failed_sign_in(user: "User | None") -> AuditEvent:
    """Note that a sign-in failed, and for which account, where there is one."""
    detail = {"reason": "sign_in_failed"}
    return record(AuditEvent.Verb.DENIED, actor=None, target=user, detail=detail)


def record_lockout(user: "User | None") -> AuditEvent:
    """Note that too many failures locked sign-in, and for which account, where there is one."""
    detail = {"reason": "locked_out"}
    return record(AuditEvent.Verb.DENIED, actor=None, target=user, detail=detail)


def record_wrong_own_password(user: "User") -> AuditEvent:
    """Note that somebody signed in as this person did not know the password."""
    detail = {"reason": "own_password"}
    return record(AuditEvent.Verb.DENIED, actor=user, target=user, detail=detail)


def record_password_set(user: "User") -> AuditEvent:
    """Note that somebody set a password, through a link or on their profile."""
    detail = {"changed": ["password"]}
    return record(AuditEvent.Verb.UPDATE, actor=user, target=user, detail=detail)


def record_second_factor(
    actor: "User", *, change: str, kind: str, of: "User | None" = None
) -> AuditEvent:
    """Note that a second factor was added or removed, or that a code was wrong."""
    verb = AuditEvent.Verb.DENIED if change == "failed" else AuditEvent.Verb.UPDATE
    return record(
        verb, actor=actor, target=of or actor, detail={"second_factor": change, "kind": kind}
    )
