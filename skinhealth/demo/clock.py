"""A clock for the demo's past: what happened last month must be dated last month."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from unittest import mock

from django.db.models import Model
from django.utils import timezone


class Clock:
    """The time as the services see it, moved by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def set(self, moment: datetime, *, minutes: float = 0) -> None:
        """Go to a moment, or to some minutes after it."""
        # Counted in UTC, because local minutes are missing in the night when clocks change.
        self.now = moment.astimezone(UTC) + timedelta(minutes=minutes)

    def advance(self, *, minutes: float) -> None:
        """Let some minutes pass."""
        self.now += timedelta(minutes=minutes)


@contextmanager
def hand_wound_clock() -> Iterator[Clock]:
    """Replace Django's clock, so that today's services can create visits in the past."""
    clock = Clock(timezone.now())

    def now() -> datetime:
        return clock.now

    with mock.patch.object(timezone, "now", now):
        yield clock


@contextmanager
def dated_by_hand(*fields: tuple[type[Model], str]) -> Iterator[None]:
    """Let rows that are created in bulk keep the dates they are given."""
    with ExitStack() as stack:
        for model, name in fields:
            field = model._meta.get_field(name)
            stack.enter_context(mock.patch.object(field, "auto_now_add", new=False))
            stack.enter_context(mock.patch.object(field, "auto_now", new=False))
        yield
