"""Tasks about records that end."""

from celery import shared_task

from clinic.office.services.retention import pseudonymise_expired


@shared_task(name="clinic.tasks.pseudonymise_expired_task", soft_time_limit=240, time_limit=270)
def pseudonymise_expired_task() -> None:
    """End the records that were announced a day ago, and announce the next ones."""
    pseudonymise_expired()
