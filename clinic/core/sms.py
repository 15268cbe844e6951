"""Text messages to telephones, through the provider named in the settings."""

import logging
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)


class SmsBackend(Protocol):
    """The interface of a provider's class; a message that is not sent raises an `OSError`."""

    def send(self, *, to: str, text: str) -> None:
        """Send a text to a number in the form +33612345678."""


class ConsoleSms:
    """Prints text messages where the worker runs, for demos."""

    def send(self, *, to: str, text: str) -> None:
        """Print one message."""
        print(f"Text message to {to}: {text}", flush=True)  # noqa: T201


def has_sms() -> bool:
    """Return whether the clinic sends text messages at all."""
    return bool(settings.SMS_BACKEND)


def send_sms(*, to: str, text: str) -> None:
    """Send a text message; raise an `OSError` where it is not sent."""
    backend: SmsBackend = import_string(settings.SMS_BACKEND)()
    backend.send(to=to, text=text)
