"""Locks that last until the transaction ends: on a row, or on a list in which things are unique."""

from hashlib import sha256
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

GONE = _("Somebody else has just removed this.")
TORN = _(
    "Nothing was saved: something was removed at the moment somebody else used it. Load the page "
    "again to see the current choices."
)
Row = TypeVar("Row", bound=Model)


def lock(row: Row, *, no_key: bool = False) -> Row:
    """Lock a row that can be removed, and read it afresh; refuse one that has been removed."""
    rows = type(row)._default_manager.select_for_update(no_key=no_key)
    stored = rows.filter(pk=row.pk).first()
    if stored is None:
        raise ValidationError(GONE, code="gone")
    return stored


def take_turns(what: str) -> None:
    """Make others who add to the same list wait, so that each sees what the one before added."""
    # SQLite's transactions are immediate, which is lock enough.
    if connection.vendor == "postgresql":
        number = int.from_bytes(sha256(what.encode()).digest()[:8], "big", signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
