"""Dates in words, as papers have them."""

import re
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import get_language

FIRST_OF_MONTH = re.compile(r"(?<!\d)1 (?=[^\W\d])")


def written_out(day: date, pattern: str = "DATE_FORMAT") -> str:
    """Return a date in words; French says the first day of a month as an ordinal."""
    words = date_format(day, pattern)
    return FIRST_OF_MONTH.sub("1er ", words) if get_language() == "fr" else words
