"""Tasks about appointments: messages to patients, and missed visits."""

from celery import shared_task

from clinic.scheduling.services.messages import dispatch_due_notices, send_notice
from clinic.scheduling.services.no_shows import mark_no_shows


@shared_task(name="clinic.tasks.send_notice_task", soft_time_limit=40, time_limit=50)
def send_notice_task(notice_id: int) -> None:
    """Send one message to a patient."""
    send_notice(notice_id=notice_id)


@shared_task(name="clinic.tasks.dispatch_due_notices_task", soft_time_limit=50, time_limit=60)
def dispatch_due_notices_task() -> None:
    """Store the reminders that are due, and queue waiting messages."""
    dispatch_due_notices()


@shared_task(name="clinic.tasks.mark_no_shows_task", soft_time_limit=240, time_limit=270)
def mark_no_shows_task() -> None:
    """Mark the appointments that patients missed."""
    mark_no_shows()
