"""Tasks about people: morning emails, reminders, clean-up."""

import logging
from uuid import UUID

from celery import shared_task

from clinic.people.services.digests import dispatch_digests, send_digest
from clinic.people.services.emergency import remind_of_emergency_reviews
from clinic.people.services.nightly_check import check_and_remember
from clinic.people.services.sessions import forget_ended_sessions
from clinic.people.services.sign_up import forget_old_codes
from clinic.people.services.unsent_forms import forget_old_unsent
from clinic.trail.services.audit_chain import seal_events

logger = logging.getLogger(__name__)


@shared_task(name="clinic.tasks.dispatch_digests_task", soft_time_limit=50, time_limit=60)
def dispatch_digests_task() -> None:
    """Queue the morning's emails about unread notifications."""
    dispatch_digests()


@shared_task(name="clinic.tasks.send_digest_task", soft_time_limit=40, time_limit=50)
def send_digest_task(user_id: str) -> None:
    """Send one person the email of this morning."""
    send_digest(user_id=UUID(user_id))


@shared_task(name="clinic.tasks.forget_what_is_over_task", soft_time_limit=240, time_limit=270)
def forget_what_is_over_task() -> None:
    """Remove expired sessions, unfinished sign-ups and old text that was never sent."""
    forget_ended_sessions()
    forget_old_codes()
    forget_old_unsent()


@shared_task(name="clinic.tasks.check_audit_trail_task", soft_time_limit=3000, time_limit=3600)
def check_audit_trail_task() -> None:
    """Check the whole audit trail and write its head into the log."""
    seal_events()
    findings = check_and_remember()
    for problem in findings.problems[:20]:
        logger.error("The audit trail is broken. %s", problem)
    if not findings.problems:
        logger.info("The audit trail is intact up to %s", findings.head)


@shared_task(
    name="clinic.tasks.remind_of_emergency_reviews_task", soft_time_limit=50, time_limit=60
)
def remind_of_emergency_reviews_task() -> None:
    """Remind the admins of emergency accesses that were not reviewed in time."""
    remind_of_emergency_reviews()
