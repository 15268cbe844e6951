"""What workers say of themselves, and who has fallen silent."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.utils import timezone

from diagnosis.predictions.models.worker import WorkerHeartbeat

FORGOTTEN_AFTER = timedelta(days=1)  # a container that was replaced never comes back by its name


def beat(
    *,
    name: str,
    queues: Iterable[str],
    model_version: str,
    model_trained_on: date | None = None,
) -> None:
    """Writes down that a worker takes jobs from these queues, now."""
    said = {
        "at": timezone.now(),
        "model_version": model_version,
        "model_trained_on": model_trained_on,
    }
    for queue in queues:
        WorkerHeartbeat.objects.update_or_create(name=name, queue=queue, defaults=said)


def forget_old_workers() -> int:
    """Removes what workers said that have been gone for a day; returns how many rows."""
    forgotten, _by_model = WorkerHeartbeat.objects.filter(
        at__lt=timezone.now() - FORGOTTEN_AFTER
    ).delete()
    return forgotten


def is_queue_served(queue: str) -> bool:
    """Whether a worker of this queue has been heard within the last minute."""
    return WorkerHeartbeat.objects.alive().filter(queue=queue).exists()
