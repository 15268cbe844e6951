"""Tasks of the audit trail."""

from celery import shared_task

from clinic.trail.services.audit_chain import seal_left_behind


@shared_task(name="clinic.tasks.seal_audit_events_task", soft_time_limit=50, time_limit=60)
def seal_audit_events_task() -> None:
    """Link audit events whose process died before it could."""
    seal_left_behind()
