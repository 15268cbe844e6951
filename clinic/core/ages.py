"""Ages as clinicians write them."""

from datetime import date

from django.utils import timezone
from django.utils.translation import ngettext

# From here on the next larger unit says enough.
WEEKS_FROM = 14  # days
MONTHS_FROM = 3  # months
YEARS_FROM = 2  # years
MONTHS_IN_YEAR = 12


def years_between(birth: date, day: date) -> int:
    """Return the whole years from a birth to a day."""
    return months_between(birth, day) // MONTHS_IN_YEAR


def months_between(birth: date, day: date) -> int:
    """Return the whole months from a birth to a day."""
    months = (day.year - birth.year) * MONTHS_IN_YEAR + day.month - birth.month
    return months - (day.day < birth.day)


def age_in_words(birth: date, day: date | None = None) -> str:
    """Return an age in days, in weeks, in months from three on, and in years from two on."""
    day = day or timezone.localdate()
    days, months = (day - birth).days, months_between(birth, day)
    if days < 0:
        return ""
    if days < WEEKS_FROM:
        return ngettext("%(age)d day", "%(age)d days", days) % {"age": days}
    if months < MONTHS_FROM:
        weeks = days // 7
        return ngettext("%(age)d week", "%(age)d weeks", weeks) % {"age": weeks}
    years = months // MONTHS_IN_YEAR
    if years < YEARS_FROM:
        return ngettext("%(age)d month", "%(age)d months", months) % {"age": months}
    return ngettext("%(age)d year", "%(age)d years", years) % {"age": years}
