"""What `beat` starts, and how often; docs/operations.md says what each task is for."""

from typing import Any

from celery.schedules import crontab
from environ import Env


def timetable(env: Env) -> dict[str, dict[str, Any]]:
    """Return the schedule of Celery's beat; most intervals can be set in the environment."""

    def every(seconds: float, task: str, *, variable: str) -> dict[str, Any]:
        rhythm = env.float(variable, default=seconds)
        # A task that has waited this long need not start, because the next one is due.
        return {"task": task, "schedule": rhythm, "options": {"expires": rhythm}}

    return {
        "requeue-lost-predictions": every(
            10.0,
            "diagnosis.tasks.requeue_lost_predictions_task",
            variable="PREDICTION_SWEEP_EVERY",
        ),
        "send-due-notices": every(
            60.0, "clinic.tasks.dispatch_due_notices_task", variable="NOTICE_SWEEP_EVERY"
        ),
        "mark-no-shows": every(
            300.0, "clinic.tasks.mark_no_shows_task", variable="NO_SHOW_SWEEP_EVERY"
        ),
        "tell-of-overdue-reviews": every(
            900.0, "diagnosis.tasks.tell_of_overdue_reviews_task", variable="REVIEW_SWEEP_EVERY"
        ),
        # The clinic's day begins in some hour of this clock.
        "tell-of-released-diagnoses": {
            "task": "diagnosis.tasks.tell_of_days_that_came_task",
            "schedule": 900.0,
            "options": {"expires": 900},
        },
        # Fifty records at a time: an old clinic is done within days, and nobody has to wait for it.
        "end-expired-records": every(
            3600.0, "clinic.tasks.pseudonymise_expired_task", variable="RETENTION_SWEEP_EVERY"
        ),
        "forget-what-is-over": {
            "task": "clinic.tasks.forget_what_is_over_task",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        # The time zone is in the database, so the task itself checks whether it is morning.
        "send-digests": every(
            300.0, "clinic.tasks.dispatch_digests_task", variable="DIGEST_SWEEP_EVERY"
        ),
        "seal-audit-events": every(
            60.0, "clinic.tasks.seal_audit_events_task", variable="AUDIT_SWEEP_EVERY"
        ),
        "remind-of-emergency-reviews": {
            "task": "clinic.tasks.remind_of_emergency_reviews_task",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        "check-audit-trail": {
            "task": "clinic.tasks.check_audit_trail_task",
            "schedule": crontab(hour=2, minute=30),  # UTC
            "options": {"expires": 3600},
        },
    }
