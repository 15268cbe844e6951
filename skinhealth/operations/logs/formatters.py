"""The format of log lines in service: JSON or plain, both without patient data."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from skinhealth.operations.logs.safe import OWN_LOGGERS, safe_error, safe_message

# What our own lines may contain apart from the message; no other attribute of a record is written.
FIELDS = ("request_id", "route", "method", "status", "ms", "user", "task", "state", "error")


def describe(record: logging.LogRecord) -> dict[str, Any]:
    """Return the fields of a record that may be logged, by name."""
    told: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": safe_message(record),
        "request_id": getattr(record, "request_id", ""),
    }
    if record.name.partition(".")[0] in OWN_LOGGERS:
        told |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        told["errors"] = safe_error(error)
    return {name: value for name, value in told.items() if value not in (None, "")}


class SafeJsonFormatter(JsonFormatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write what may be logged."""
        return self.jsonify_log_record(describe(record))


class SafePlainFormatter(logging.Formatter):
    """One readable line with the same content."""

    def format(self, record: logging.LogRecord) -> str:
        """Write what may be logged."""
        told = describe(record)
        words = " ".join(str(told.pop(name)) for name in ("time", "level", "logger", "message"))
        return f"{words} {json.dumps(told, ensure_ascii=False)}" if told else words
