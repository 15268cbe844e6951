"""The chain of the audit trail: each link's hash covers its event and everything before it.

An event is written in the transaction of the action it records. It is linked right after the
commit, in a short transaction of its own, so nobody waits for the head of the chain while holding
other locks. If the process dies in between, the next event or the scheduled task links it.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from clinic.trail.audit_hash import START, link_hash
from clinic.trail.models.audit import AuditEvent, AuditLink

logger = logging.getLogger(__name__)

# The advisory lock on PostgreSQL; any number that nothing else in this database uses.
LOCK = 7_245_001
# A link need not be on disk when the page is sent: a link lost in a crash is made again.
LOCK_AND_GO_ON = "SELECT pg_advisory_xact_lock(%s), set_config('synchronous_commit', 'off', true)"
# How many keys before the newest linked event are searched for one that was left behind.
LOOK_BACK = 100
BATCH = 2_000
# A sweep looks at events of the last day; the nightly check looks at all.
SWEEP_BACK = timedelta(days=1)


@dataclass(frozen=True)
class _Seal:
    """Links events after the commit, once per transaction."""

    first: int

    def __call__(self) -> None:
        try:
            seal_events(since=self.first)
        except Exception:
            logger.exception("Events of the audit trail are waiting for their links.")


def seal_after_commit(event: AuditEvent) -> None:
    """Link the event once it is committed; a failure is logged and does not stop the request."""
    # One call links all events of the transaction, starting with its first one: a rollback to a
    # savepoint before that one removes the later ones too.
    if not any(isinstance(entry[1], _Seal) for entry in connection.run_on_commit):
        transaction.on_commit(_Seal(event.pk))


def seal_events(*, since: int = 0) -> int:
    """Link every committed event from this key on that has no link, and return how many."""
    sealed = 0
    while count := _seal_batch(since):
        sealed += count
        if count < BATCH:
            break
    return sealed


def seal_left_behind() -> int:
    """Link events of the last day that have no link yet."""
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
