"""The tasks of all rooms, where Celery looks for them; queued messages use these names."""

from clinic.office.tasks import pseudonymise_expired_task
from clinic.people.tasks import (
    check_audit_trail_task,
    dispatch_digests_task,
    forget_what_is_over_task,
    remind_of_emergency_reviews_task,
    send_digest_task,
)
from clinic.scheduling.tasks import dispatch_due_notices_task, mark_no_shows_task, send_notice_task
from clinic.trail.tasks import seal_audit_events_task

__all__ = [
    "check_audit_trail_task",
    "dispatch_digests_task",
    "dispatch_due_notices_task",
    "forget_what_is_over_task",
    "mark_no_shows_task",
    "pseudonymise_expired_task",
    "remind_of_emergency_reviews_task",
    "seal_audit_events_task",
    "send_digest_task",
    "send_notice_task",
]
