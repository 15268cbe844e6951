"""One line for each task of a worker, because Celery's own lines quote arguments and errors."""

import logging
import logging.config
import time
from contextlib import ExitStack
from typing import Any

from celery import signals
from django.conf import settings

from skinhealth.operations.logs.context import as_part_of

logger = logging.getLogger(__name__)
_running: dict[str, tuple[float, ExitStack]] = {}


@signals.setup_logging.connect
def configure_logging(**kwargs: object) -> None:
    """Log as the site does; otherwise Celery would install its own format."""
    logging.config.dictConfig(settings.LOGGING)


@signals.task_prerun.connect
def note_start(task_id: str, **kwargs: object) -> None:
    """Mark the lines of this task with its number."""
    stack = ExitStack()
    stack.enter_context(as_part_of(task_id))
    _running[task_id] = time.perf_counter(), stack


@signals.task_failure.connect
@signals.task_retry.connect
def note_failure(sender: Any, **kwargs: Any) -> None:
    """Log what broke a task: class and place, but no message."""
    error = kwargs.get("exception") or kwargs.get("reason")
    is_error = isinstance(error, BaseException)
    logger.error("A task failed", exc_info=error if is_error else None, extra={"task": sender.name})


@signals.task_postrun.connect
def note_end(task_id: str, task: Any, state: str | None = None, **kwargs: object) -> None:
    """Log name, state and time of the task."""
    began, stack = _running.pop(task_id, (time.perf_counter(), ExitStack()))
    with stack:
        logger.info(
            "task",
            extra={
                "task": task.name,
                "state": state or "",
                "ms": round(1000 * (time.perf_counter() - began), 1),
            },
        )
