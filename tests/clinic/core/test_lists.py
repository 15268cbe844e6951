"""Lists for readers have the comma of their language."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from clinic.core.lists import listed, listed_apart

# For machines, for developers, and for the drug table's own codes.
NOT_FOR_READERS = {
    "clinic/core/constraints.py",
    "clinic/records/drugs/table.py",
    "clinic/trail/site_role.py",
}


@pytest.mark.parametrize(
    ("language", "words"), [("en", "one, 2"), ("fr", "one, 2"), ("ar", "one، 2")]
)
def test_a_list_has_the_comma_of_the_language_and_no_gaps(language, words):
    with translation.override(language):
        assert listed(["one", "", None, 2]) == words


def test_in_arabic_what_people_wrote_keeps_its_place_and_direction():
    with translation.override("ar"):
        assert (
            listed_apart(["SPF 50+", "", "كريم"])
            == "\u2067\u2068SPF 50+\u2069، \u2068كريم\u2069\u2069"
        )
        # A line in Latin letters is read from left to right in any text.
        assert listed_apart(["thin", "50+"]) == "\u2066\u2068thin\u2069, \u206850+\u2069\u2069"
    with translation.override("fr"):
        assert listed_apart(["SPF 50+", "crème"]) == "SPF 50+, crème"


def test_no_list_for_readers_is_joined_with_a_comma_of_its_own():
    base = Path(settings.BASE_DIR)
    modules = [path for room in ("clinic", "diagnosis") for path in (base / room).rglob("*.py")]
    joined = {
        str(path.relative_to(base))
        for path in modules
        if "migrations" not in path.parts and '", ".join(' in path.read_text()
    }
    assert joined <= NOT_FOR_READERS
    templates = (base / "templates").rglob("*.html")
    assert not [path for path in templates if re.search(r"\|join:\",", path.read_text())]
