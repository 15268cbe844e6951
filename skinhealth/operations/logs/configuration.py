"""The logging of every program of the site, as `logging.config.dictConfig` takes it."""

from typing import Any

FORMATS = ("json", "plain")


def logging_configuration(*, format_name: str, level: str, is_production: bool) -> dict[str, Any]:
    """Log everything to the console, and in production nothing that may be a patient's."""
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
            # Django's own handlers mail whole error reports, with the values of variables.
            "django": {"handlers": [], "level": level, "propagate": True},
            # Queries hold what people typed, at every level of detail.
            "django.db.backends": {"level": "WARNING"},
            # A variable that a template looks for in vain is daily life.
            "django.template": {"level": "INFO"},
            # A queue of a moment is daily life.
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
