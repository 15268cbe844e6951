"""Marks of what a form showed, so that nobody undoes a colleague's correction without seeing it."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from clinic.trail.models.audit import AuditEvent

Facts = Mapping[str, object]
# A check that a service makes under the lock of a row, before it changes the row.
Guard = Callable[[Any], None]


class ChangedMeanwhileError(ValidationError):
    """Somebody changed a row after the form was opened."""

    def __init__(self, *, rows: Iterable[Model], stored: Facts, changed: Iterable[str]) -> None:
        self.stored = dict(stored)
        self.changed = tuple(changed)
        event = _last_change(rows)
        if event is None or event.actor is None:
            words: Any = _(
                "This was changed after you had opened it. Your changes are not saved yet. Check "
                "the marked fields, then save again."
            )
            super().__init__(words, code="changed")
            return
        words = _(
            "%(person)s changed this on %(when)s, after you had opened it. Your changes are not "
            "saved yet. Check the marked fields, then save again."
        )
        when = date_format(timezone.localtime(event.at), "DAY_TIME_FORMAT")
        super().__init__(words, code="changed", params={"person": event.actor, "when": when})


def mark(name: str, value: object) -> str:
    """Return a short mark of one fact, which does not reveal the fact."""
    text = json.dumps([name, _plain(value)])
    return salted_hmac("clinic.seen", text, algorithm="sha256").hexdigest()[:16]


def marks(facts: Facts) -> str:
    """Return the text that a form carries, which later tells which of the facts still hold."""
    return " ".join(f"{name}:{mark(name, value)}" for name, value in facts.items())


def read_marks(carried: str) -> dict[str, str]:
    """Return the mark of each fact that a form carries."""
    pairs = (word.partition(":") for word in carried.split())
    return {name: value for name, _colon, value in pairs}


def _plain(value: object) -> object:
    """Return a value in the same form, whether it comes from the form or the database."""
    if value is None:
        return ""
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, bool):
        return value
    if isinstance(value, Decimal):
        return str(value.normalize())
    if isinstance(value, date):
        return value.isoformat()
    # Browsers send each line end as two characters.
    return str(value).replace("\r\n", "\n").strip()


def _last_change(rows: Iterable[Model]) -> AuditEvent | None:
    events = [
        AuditEvent.objects.select_related("actor")
        .filter(
            target_type=row._meta.label_lower,
            target_id=str(row.pk),
            verb=AuditEvent.Verb.UPDATE,
        )
        .first()
        for row in rows
    ]
    return max((event for event in events if event), key=lambda event: event.pk, default=None)
