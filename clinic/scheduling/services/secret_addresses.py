"""Secrets in addresses that programs read without signing in; only fingerprints are stored."""

import hashlib
import secrets
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from clinic.people.models.user import User
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record

TOKEN_BYTES = 32


def fingerprint_of(secret: str) -> str:
    """Return the stored fingerprint: enough to recognise the secret, not enough to use it."""
    # 256 random bits need neither salt nor a slow hash.
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def renew_address(addresses: QuerySet[Any], *, actor: User, **whose: Any) -> str:
    """Create a new secret, which is shown only once; the previous one stops working."""
    secret = secrets.token_urlsafe(TOKEN_BYTES)
    address, is_new = addresses.update_or_create(
        **whose,
        defaults={
            "token_sha256": fingerprint_of(secret),
            "created_at": timezone.now(),
            "last_read_at": None,
        },
    )
    verb = AuditEvent.Verb.CREATE if is_new else AuditEvent.Verb.UPDATE
    record(verb, actor=actor, target=address, detail={"changed": ["token"]})
    return secret


@transaction.atomic
def revoke_address(addresses: QuerySet[Any], *, actor: User) -> None:
    """Revoke the secret address, if there is one; revoking twice is harmless."""
    address = addresses.select_for_update().first()
    if address is None:
        return
    record(AuditEvent.Verb.UPDATE, actor=actor, target=address, detail={"revoked": True})
    address.delete()
