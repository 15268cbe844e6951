"""The chain of the audit trail: each link's hash covers its event and everything before it.

An event is written in the transaction of the deed that it tells of, and linked right after that has
been committed, in a short transaction of its own. So nobody waits for the head of the chain while
holding other locks. An event whose process dies in between is linked by the next, or by the clock.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from clinic.trail.audit_hash import START, link_hash
from clinic.trail.models.audit import AuditEvent, AuditLink

logger = logging.getLogger(__name__)

# Of an advisory lock on PostgreSQL; any number that nothing else in this database takes.
LOCK = 7_245_001
# A link need not be on the disk when a page goes out: one that a crash takes is made again.
LOCK_AND_GO_ON = "SELECT pg_advisory_xact_lock(%s), set_config('synchronous_commit', 'off', true)"
# How many keys before the newest linked event are looked at for one that was left behind.
LOOK_BACK = 100
BATCH = 2_000
# A sweep looks at what was written since then; the nightly one at everything.
SWEEP_BACK = timedelta(days=1)


@dataclass(frozen=True)
class _Seal:
    """What is done after the commit, once a transaction."""

    first: int

    def __call__(self) -> None:
        try:
            seal_events(since=self.first)
        except Exception:
            logger.exception("Events of the audit trail wait for their links.")


def seal_after_commit(event: AuditEvent) -> None:
    """Link the event once it is committed; a failure is logged and stops nobody's work."""
    # The first event that is still to be committed takes the later ones along: what is rolled back
    # to a savepoint before it takes them back too.
    if not any(isinstance(entry[1], _Seal) for entry in connection.run_on_commit):
        transaction.on_commit(_Seal(event.pk))


def seal_events(*, since: int = 0) -> int:
    """Link every committed event from this key on that has no link, and say how many."""
    sealed = 0
    while count := _seal_batch(since):
        sealed += count
        if count < BATCH:
            break
    return sealed


def seal_left_behind() -> int:
    """Link what the last day's events have left without a link."""
    recent = AuditEvent.objects.filter(at__gte=timezone.now() - SWEEP_BACK)
    first = recent.order_by("at").first()
    return seal_events(since=first.pk) if first else 0


@transaction.atomic
def _seal_batch(since: int) -> int:
    # SQLite's transactions are immediate, which is lock enough.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(LOCK_AND_GO_ON, [LOCK])
    head = AuditLink.objects.order_by("-position").first()
    position, last = (head.position, head.hash) if head else (0, START)
    since = min(since, head.event_id - LOOK_BACK) if head else 0
    waiting = AuditEvent.objects.filter(pk__gte=since, link=None).order_by("pk")
    links = []
    for event_id, content in waiting.values_list("pk", "content_hash")[:BATCH]:
        position, last = position + 1, link_hash(last, event_id, content)
        links.append(AuditLink(position=position, event_id=event_id, hash=last))
    AuditLink.objects.bulk_create(links)
    return len(links)
