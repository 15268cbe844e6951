"""Check the whole audit trail for rows that were edited, deleted or moved."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from django.utils import timezone

from clinic.trail.audit_hash import COLUMNS, START, content_hash, link_hash
from clinic.trail.models.audit import AuditEvent, AuditLink

BATCH = 5_000
# With more broken places than this, nobody needs to know which two were swapped.
MOST_COMPARED = 50
# An event is linked right after its commit; one that stays unlinked this long is an alarm.
UNSEALED_AFTER = timedelta(minutes=1)


@dataclass(frozen=True)
class Head:
    """The last link of the chain, in the form in which it is noted down for a later check."""

    position: int
    hash: str

    def __str__(self) -> str:
        return f"{self.position}:{self.hash}"


@dataclass(frozen=True)
class Findings:
    """The result of checking the chain."""

    head: Head
    problems: list[str]


@dataclass(frozen=True)
class _Broken:
    """A link whose hash does not follow from the one before it."""

    position: int
    event_id: int
    content: str
    previous: str
    hash: str


class _Chain:
    """Follows the chain link by link and collects what is wrong."""

    def __init__(self, expected: Head | None) -> None:
        self.head = Head(0, START)
        self.problems: list[str] = []
        self.broken: list[_Broken] = []
        self.expected = expected
        self.is_expected_met = expected is None

    def follow(self, position: int, stored: str, event_id: int, kept: str, content: str) -> None:
        if position != self.head.position + 1:
            self.problems.append(_missing(self.head.position + 1, position - 1))
        previous = self.head.hash
        if content != kept:
            self.problems.append(f"Event {event_id} at position {position} was edited.")
        elif position == self.head.position + 1 and stored != link_hash(
            previous, event_id, content
        ):
            self.broken.append(_Broken(position, event_id, content, previous, stored))
        self.head = Head(position, stored)
        if self.head == self.expected:
            self.is_expected_met = True


def check_audit_trail(*, expected: Head | None = None) -> Findings:
    """Read every event and every link in order; `expected` is a head noted earlier."""
    chain = _Chain(expected)
    for position, stored, event_id, kept, *columns in _rows():
        chain.follow(position, stored, event_id, kept, content_hash(columns))
    problems = chain.problems + _in_words(chain.broken) + _deleted_events_at_the_end(chain.head)
    problems += _unsealed(timezone.now() - UNSEALED_AFTER)
    if not chain.is_expected_met:
        problems.append(
            f"The chain does not contain {expected}, noted earlier: its end was cut off."
        )
    return Findings(chain.head, problems)


def _rows() -> Iterator[tuple[Any, ...]]:
    """Iterate over links with their events, in chain order, without links that have no event."""
    events = AuditEvent.objects.order_by("link__position").values_list(
        "link__position", "link__hash", "pk", "content_hash", *COLUMNS
    )
    position = 0
    while batch := list(events.filter(link__position__gt=position)[:BATCH]):
        yield from batch
        position = batch[-1][0]


def _missing(first: int, last: int) -> str:
    """Say what is missing between two positions: events that still have links, or the links too."""
    orphans = AuditLink.objects.filter(position__range=(first, last))
    gone = [str(key) for key in orphans.order_by("position").values_list("event_id", flat=True)[:5]]
    if gone:
        return f"Deleted at positions {first} to {last}: event {', '.join(gone)}."
    return f"Positions {first} to {last} are missing: rows were deleted there."


def _deleted_events_at_the_end(head: Head) -> list[str]:
    last = AuditLink.objects.order_by("position").last()
    is_cut = last is not None and last.position > head.position
    return [_missing(head.position + 1, last.position)] if last and is_cut else []


def _in_words(broken: list[_Broken]) -> list[str]:
    """Say what happened at each broken place, as far as the hashes tell."""
    swapped = [
        (one, other)
        for one, other in combinations(broken[:MOST_COMPARED], 2)
        if _have_changed_places(one, other)
    ]
    explained = {place.position for pair in swapped for place in pair}
    # Where neighbours were swapped with their hashes, the link after them is broken too.
    explained |= {other.position + 1 for _one, other in swapped}
    return [
        f"Events {one.event_id} and {other.event_id} at positions {one.position} and "
        f"{other.position} were swapped."
        for one, other in swapped
    ] + [
        f"Event {place.event_id} at position {place.position} does not follow from the row "
        "before it: it was edited with its hash, or a row before it was deleted or moved."
        for place in broken
        if place.position not in explained
    ]


def _have_changed_places(one: _Broken, other: _Broken) -> bool:
    """Return whether the first place's hash fits the second's content, in any of three ways."""
    theirs = link_hash(one.previous, other.event_id, other.content)
    # The links point at each other's event, or the events have each other's content.
    if one.hash in (theirs, link_hash(one.previous, one.event_id, other.content)):
        return True
    # Two neighbours have each other's position.
    return (theirs, link_hash(other.hash, one.event_id, one.content)) == (other.hash, one.hash)


def _unsealed(before: datetime) -> list[str]:
    keys = AuditEvent.objects.filter(link=None, at__lt=before).order_by("pk")
    return [
        f"Event {key} has no link: the link was deleted, or nothing has linked it yet."
        for key in keys.values_list("pk", flat=True)[:MOST_COMPARED]
    ]
