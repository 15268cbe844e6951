"""What the hashes of the audit trail are made of; a change here breaks every existing chain."""

import ipaddress
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

# Of an `AuditEvent`, in this order; the key is part of the link's hash.
COLUMNS = (
    "at",
    "verb",
    "actor_id",
    "actor_role",
    "patient_id",
    "target_type",
    "target_id",
    "detail",
    "request_id",
    "ip_address",
)
# The hash before the first link.
START = "0" * 64


def content_hash(values: Iterable[Any]) -> str:
    """Return the SHA-256 of one event's `COLUMNS`, the same on either database."""
    at, verb, actor, role, patient, target_type, target_id, detail, request, address = values
    written = json.dumps(
        [
            _moment(at),
            str(verb),
            _key(actor),
            role,
            _key(patient),
            target_type,
            target_id,
            detail,
            _key(request),
            _address(address),
        ],
        sort_keys=True,
        separators=(",", ":"),
    )
    return sha256(written.encode()).hexdigest()


def link_hash(previous: str, event_id: int, content: str) -> str:
    """Return the SHA-256 that ties an event to everything before it."""
    return sha256(f"{previous}:{event_id}:{content}".encode()).hexdigest()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _key(value: object) -> str:
    return "" if value is None else str(value)


def _address(value: str | None) -> str:
    """Return an address in one spelling, because PostgreSQL shortens addresses."""
    if not value:
        return ""
    try:
        return ipaddress.ip_address(value).compressed
    except ValueError:
        return value
