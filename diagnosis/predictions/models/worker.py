from datetime import timedelta
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

SILENT_AFTER = timedelta(minutes=1)  # six heartbeats


class WorkerHeartbeatQuerySet(models.QuerySet["WorkerHeartbeat"]):
    """Heartbeats by age."""

    def alive(self) -> Self:
        """Return the heartbeats of the last minute."""
        return self.filter(at__gte=timezone.now() - SILENT_AFTER)


class WorkerHeartbeat(models.Model):
    """When a worker last reported serving a queue, and which model it has loaded."""

    name = models.CharField(_("worker"), max_length=200)
    queue = models.CharField(_("queue"), max_length=60)
    at = models.DateTimeField(_("last reported"))
    model_version = models.CharField(_("model version"), max_length=60, blank=True)
    model_trained_on = models.DateField(_("model trained"), null=True, blank=True)

    objects: ClassVar[WorkerHeartbeatQuerySet] = WorkerHeartbeatQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("worker heartbeat")
        verbose_name_plural = _("worker heartbeats")
        ordering = ["name", "queue"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "queue"], name="worker_heartbeat_is_one_per_worker_and_queue"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.queue}"
