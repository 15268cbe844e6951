"""The part of a worker that reports every ten seconds that it is alive."""

import logging
from typing import Any

from celery import bootsteps

logger = logging.getLogger(__name__)

BEAT_EVERY = 10.0  # seconds


class HeartbeatStep(bootsteps.StartStopStep):
    """Beats on the worker's own timer: a thread could be in the middle of a beat at a fork."""

    requires = ("celery.worker.components:Timer", "celery.worker.components:Pool")

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        self.entry: Any = None

    def start(self, parent: Any) -> None:
        """Beat once, and from then on by the timer."""
        self._beat(parent, is_first=True)
        self.entry = parent.timer.call_repeatedly(BEAT_EVERY, self._beat, (parent,))

    def stop(self, parent: Any) -> None:
        """Stop beating; the rows then expire."""
        if self.entry is not None:
            self.entry.cancel()

    def _beat(self, worker: Any, *, is_first: bool = False) -> None:
        # Models can be imported only after Django is set up.
        from django.db import DatabaseError, connections

        from diagnosis.predictions.services import heartbeats
        from diagnosis.predictions.tasks import loaded_model_trained_on, loaded_model_version

        try:
            heartbeats.beat(
                name=worker.hostname,
                queues=list(worker.app.amqp.queues.consume_from),
                model_version=loaded_model_version(),
                model_trained_on=loaded_model_trained_on(),
            )
            if is_first:
                heartbeats.forget_old_workers()
        except DatabaseError as error:
            logger.warning("The heartbeat could not be written: %s", type(error).__name__)
        finally:
            # A child process that is forked later must not inherit an open connection.
            connections.close_all()
