"""Which parts of a log record may be written: nothing that somebody typed, and no address.

Our own modules log numbers and the names of classes and templates. Libraries log what they like:
paths with tokens, bodies, values of rows. From those, only text written in the code is kept.
"""

import logging
import traceback
from collections.abc import Iterator
from http import HTTPStatus
from types import TracebackType
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from ml.errors import BundleError

OWN_LOGGERS = ("skinhealth", "clinic", "diagnosis", "ml")
# Libraries whose messages are templates; the values are left out unless they are numbers.
KNOWN_TEMPLATES = ("celery", "gunicorn", "django.request", "kombu")
# They pass finished sentences: a printed email, a host name that somebody made up.
FINISHED_SENTENCES = ("celery.redirected",)
# Errors with our own messages, which tell the operator what to set or repair.
SAFE_ERRORS = (ImproperlyConfigured, BundleError)
HTTP_PHRASES = [status.phrase for status in HTTPStatus]
MAX_FRAMES = 30  # the innermost ones


class _Hidden:
    """Replaces a value in a template, however the template formats it."""

    def __str__(self) -> str:
        return "…"

    __repr__ = __str__


def safe_message(record: logging.LogRecord) -> str:
    """Return the text of a record without anything that may be about a patient."""
    if _is_of(record, OWN_LOGGERS):
        return record.getMessage()
    if not isinstance(record.msg, str):
        return type(record.msg).__name__
    if not _is_of(record, KNOWN_TEMPLATES) or _is_of(record, FINISHED_SENTENCES):
        return f"A message of {record.name}, at {record.module}:{record.lineno}"
    if not record.args:
        return record.msg
    try:
        return str(record.msg % _without_values(record.args))
    except (TypeError, ValueError, KeyError):
        return record.msg


def _is_of(record: logging.LogRecord, names: tuple[str, ...]) -> bool:
    return any(record.name == name or record.name.startswith(f"{name}.") for name in names)


def _without_values(args: Any) -> Any:
    if isinstance(args, dict):
        return {name: _number_or_hidden(value) for name, value in args.items()}
    return tuple(_number_or_hidden(value) for value in args)


def _number_or_hidden(value: object) -> object:
    is_harmless = isinstance(value, int | float) or value in HTTP_PHRASES
    return value if is_harmless else _Hidden()


def safe_error(error: BaseException) -> list[dict[str, Any]]:
    """Describe an error and its causes by class and place in the code, without any values."""
    told = []
    for one in _chain(error):
        entry: dict[str, Any] = {"type": type(one).__name__, "at": _places(one.__traceback__)}
        if isinstance(one, SAFE_ERRORS):
            entry["says"] = str(one)
        told.append(entry)
    return told


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.StackSummary.extract(traceback.walk_tb(trace), lookup_lines=False)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames][-MAX_FRAMES:]
