"""Tasks that notify doctors of answers waiting for them, and patients of what they may read."""

from celery import shared_task

from diagnosis.reviews.services.answer_news import tell_of_overdue_reviews
from diagnosis.reviews.services.releases import tell_of_days_that_came


@shared_task(name="diagnosis.tasks.tell_of_overdue_reviews_task", soft_time_limit=50, time_limit=60)
def tell_of_overdue_reviews_task() -> None:
    """Notify doctors of visits with answers that nobody has looked at for a day."""
    tell_of_overdue_reviews()


@shared_task(name="diagnosis.tasks.tell_of_days_that_came_task", soft_time_limit=50, time_limit=60)
def tell_of_days_that_came_task() -> None:
    """Notify patients of diagnoses that they may read from today on."""
    tell_of_days_that_came()
