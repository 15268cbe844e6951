"""The logging of every program of the site, in the form of `logging.config.dictConfig`."""

from typing import Any

FORMATS = ("json", "plain")


def logging_configuration(*, format_name: str, level: str, is_production: bool) -> dict[str, Any]:
    """Log everything to the console, and in production nothing that may be about a patient."""
    formatters: dict[str, Any] = {
        "json": {"()": "skinhealth.operations.logs.formatters.SafeJsonFormatter"},
        "plain": {"()": "skinhealth.operations.logs.formatters.SafePlainFormatter"},
    }
    if not is_production:
        formatters["plain"] = {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": formatters,
        "filters": {"request_id": {"()": "skinhealth.operations.logs.context.RequestIdFilter"}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": format_name,
                "filters": ["request_id"],
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own handlers email whole error reports, including the values of variables.
            "django": {"handlers": [], "level": level, "propagate": True},
            # Queries contain what people typed, at every level of detail.
            "django.db.backends": {"level": "WARNING"},
            # Templates often look up variables that do not exist.
            "django.template": {"level": "INFO"},
            # A short queue is normal.
            "waitress": {"level": "ERROR"},
            "gunicorn.error": {"handlers": [], "level": level, "propagate": True},
        }
        | (_told_by_our_own_lines() if is_production else {}),
    }


def _told_by_our_own_lines() -> dict[str, Any]:
    return {
        "django.request": {"level": "ERROR"},
        "celery.app.trace": {"level": "CRITICAL"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    }
