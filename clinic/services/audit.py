"""The audit trail: every service that reads or changes a record adds a line."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.db.models import Model

from clinic.models import AuditEvent, Patient, User


@dataclass(frozen=True)
class Origin:
    """Where an event comes from: one request, one task or one command."""

    request_id: uuid.UUID = field(default_factory=uuid.uuid4)
    ip_address: str | None = None


_origin: ContextVar[Origin | None] = ContextVar("audit_origin", default=None)


@contextmanager
def from_origin(origin: Origin) -> Iterator[None]:
    """Marks every event recorded inside as coming from one origin."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def record(
    verb: AuditEvent.Verb,
    *,
    actor: User | None,
    patient: Patient | None = None,
    target: Model | None = None,
    detail: Mapping[str, object] | None = None,
) -> AuditEvent:
    """Adds one event; the detail holds codes and numbers, never clinical text or names."""
    origin = _origin.get() or Origin()
    return AuditEvent.objects.create(
        verb=verb,
        actor=actor,
        actor_role=actor.role if actor else "",
        patient=patient,
        target_type=target._meta.label_lower if target else "",
        target_id=str(target.pk) if target else "",
        detail=dict(detail or {}),
        request_id=origin.request_id,
        ip_address=origin.ip_address,
    )
