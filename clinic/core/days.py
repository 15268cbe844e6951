"""Which days the site takes: the one place for forms, addresses and services.

Whatever is typed stays far from the limits of `date`, so that neighbouring days and other time
zones can always be computed.
"""

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

EARLIEST = date(1900, 1, 1)
LATEST = date(2199, 12, 31)
# How far ahead visits and leave are planned.
DAYS_PLANNED = 3 * 365
TOO_FAR = _("Choose a day within the next three years.")


def within_reason(value: date) -> None:
    """Refuse a day or moment that nobody can mean."""
    day = value.date() if isinstance(value, datetime) else value
    if not EARLIEST <= day <= LATEST:
        raise ValidationError(_("This is not a valid day."), code="invalid")


def last_planned_day() -> date:
    """Return the last day for which visits and leave are planned."""
    return timezone.localdate() + timedelta(days=DAYS_PLANNED)


def is_too_far(moment: datetime) -> bool:
    """Return whether a moment is after the last day that is planned."""
    return timezone.localdate(moment) > last_planned_day()
