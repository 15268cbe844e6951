"""Tasks that notify doctors of answers waiting for them."""

from celery import shared_task

from diagnosis.reviews.services.answer_news import tell_of_overdue_reviews


@shared_task(name="diagnosis.tasks.tell_of_overdue_reviews_task", soft_time_limit=50, time_limit=60)
def tell_of_overdue_reviews_task() -> None:
    """Notify doctors of visits with answers that nobody has looked at for a day."""
    tell_of_overdue_reviews()
