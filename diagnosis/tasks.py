"""All tasks of this app, where Celery looks for them; queued messages use these names."""

from diagnosis.predictions.tasks import requeue_lost_predictions_task, run_prediction_task
from diagnosis.reviews.tasks import tell_of_days_that_came_task, tell_of_overdue_reviews_task

__all__ = [
    "requeue_lost_predictions_task",
    "run_prediction_task",
    "tell_of_days_that_came_task",
    "tell_of_overdue_reviews_task",
]
