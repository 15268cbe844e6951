"""Sending tasks without waiting long for a broker that is down."""

import logging
import threading
import time
from typing import Any

from celery import Task
from kombu.exceptions import KombuError

logger = logging.getLogger(__name__)

PATIENCE = 1.0  # seconds that somebody who waits for a page gives the broker
PAUSE = 5.0  # seconds without another try; the sweeps send what was left


class BrokerDownError(Exception):
    """The broker does not answer; a later sweep sends the task."""


class _Attempt(threading.Thread):
    """One try to send a task; it may take longer than anybody waits."""

    def __init__(
        self, task: "Task[Any, Any]", args: tuple[Any, ...], options: dict[str, Any]
    ) -> None:
        super().__init__(name="send-task", daemon=True)
        self.sending = (task, args, options)
        self.error: BaseException | None = None

    def run(self) -> None:
        task, args, options = self.sending
        try:
            task.apply_async(args, **options)
        except BaseException as error:  # noqa: BLE001  whoever waits raises it
            self.error = error


class Broker:
    """What this process knows of the broker."""

    def __init__(self) -> None:
        self.silent_until = 0.0
        self.silent_at = ""
        self.slow: _Attempt | None = None

    def send(self, task: "Task[Any, Any]", args: tuple[Any, ...], options: dict[str, Any]) -> None:
        """Send a task; see `send_soon`."""
        address = str(task.app.conf.broker_url)
        is_silent = time.monotonic() < self.silent_until or (self.slow and self.slow.is_alive())
        if is_silent and address == self.silent_at:
            raise BrokerDownError
        attempt = _Attempt(task, args, options)
        attempt.start()
        attempt.join(PATIENCE)
        if not attempt.is_alive() and attempt.error is None:
            self.slow, self.silent_until = None, 0.0
            return
        if attempt.error and not isinstance(attempt.error, KombuError | OSError):
            raise attempt.error
        if attempt.is_alive():
            self.slow, self.silent_at = attempt, address
            self.silent_until = time.monotonic() + PAUSE
        logger.warning("The broker does not answer: %s", type(attempt.error).__name__)
        raise BrokerDownError


_broker = Broker()


def send_soon(task: "Task[Any, Any]", *args: Any, **options: Any) -> None:
    """Send a task; raise BrokerDownError after a second, and at once while it is known to be down.

    A task that arrives after all may be sent twice: each claims its row first.
    """
    _broker.send(task, args, options)
