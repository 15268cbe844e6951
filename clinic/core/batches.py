"""Handle many rows one at a time, so that one bad row does not stop the others."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, transaction

logger = logging.getLogger(__name__)
Key = TypeVar("Key")


def each_alone(
    keys: Iterable[Key],
    work: Callable[[Key], object],
    *,
    what: str,
    on_failure: Callable[[Key, Exception], object] | None = None,
) -> int:
    """Do the work for each key in its own transaction; return how many succeeded.

    The work reads its row itself, because text that cannot be decrypted fails on reading.
    """
    done = 0
    for key in keys:
        try:
            with transaction.atomic():
                work(key)
        except (SoftTimeLimitExceeded, OperationalError):
            raise  # time is up, or the database is down for all of them
        except Exception as error:  # noqa: BLE001  one row failing says nothing about the next
            logger.error("%s: %s", what, type(error).__name__)
            if on_failure:
                on_failure(key, error)
        else:
            done += 1
    return done
