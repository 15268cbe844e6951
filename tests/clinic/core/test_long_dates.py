"""Dates in words."""

from datetime import date

import pytest
from django.utils import translation

from clinic.core.long_dates import written_out


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 12, 1), "1er décembre 2026"),
        (date(2026, 12, 11), "11 décembre 2026"),
        (date(2026, 12, 21), "21 décembre 2026"),
    ],
)
def test_the_first_of_a_month_is_an_ordinal_in_french(day, words):
    with translation.override("fr"):
        assert written_out(day) == words
        assert written_out(day, "l j F Y").endswith(f" {words}")
    with translation.override("en"):
        assert written_out(date(2026, 12, 1)) == "1 December 2026"
