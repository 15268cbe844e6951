"""Heartbeats of workers, and which workers have fallen silent."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.utils import timezone

from diagnosis.predictions.models.worker import WorkerHeartbeat

FORGOTTEN_AFTER = timedelta(days=1)  # a replaced container never comes back under its old name


def beat(
    *,
    name: str,
    queues: Iterable[str],
    model_version: str,
    model_trained_on: date | None = None,
) -> None:
    """Record that a worker is serving these queues now."""
    said = {
        "at": timezone.now(),
        "model_version": model_version,
        "model_trained_on": model_trained_on,
    }
    for queue in queues:
        WorkerHeartbeat.objects.update_or_create(name=name, queue=queue, defaults=said)


def forget_old_workers() -> int:
    """Delete the heartbeats of workers gone for a day; return how many."""
    forgotten, _by_model = WorkerHeartbeat.objects.filter(
        at__lt=timezone.now() - FORGOTTEN_AFTER
    ).delete()
    return forgotten


def is_queue_served(queue: str) -> bool:
    """Return whether a worker has served this queue within the last minute."""
    return WorkerHeartbeat.objects.alive().filter(queue=queue).exists()
