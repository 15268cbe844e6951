"""Work that the worker does for the clinic: messages to patients, appointments nobody came to."""

from uuid import UUID

from celery import shared_task

from clinic.services.digests import dispatch_digests, send_digest
from clinic.services.no_shows import mark_no_shows
from clinic.services.notices import dispatch_due_notices, send_notice
from clinic.services.retention import pseudonymise_expired


@shared_task(soft_time_limit=40, time_limit=50)
def send_notice_task(notice_id: int) -> None:
    """Sends one message to a patient."""
    send_notice(notice_id=notice_id)


@shared_task(soft_time_limit=50, time_limit=60)
def dispatch_due_notices_task() -> None:
    """Writes down the reminders that have come due and queues whatever waits."""
    dispatch_due_notices()


@shared_task(soft_time_limit=240, time_limit=270)
def mark_no_shows_task() -> None:
    """Marks the appointments to which nobody came."""
    mark_no_shows()


@shared_task(soft_time_limit=240, time_limit=270)
def pseudonymise_expired_task() -> None:
    """Ends the records whose years are over."""
    pseudonymise_expired()


@shared_task(soft_time_limit=50, time_limit=60)
def dispatch_digests_task() -> None:
    """Queues the morning's mails about unread notifications."""
    dispatch_digests()


@shared_task(soft_time_limit=40, time_limit=50)
def send_digest_task(user_id: str) -> None:
    """Sends one person the mail of this morning."""
    send_digest(user_id=UUID(user_id))
