"""The browser tests do nothing that the pages' policy forbids."""

from pathlib import Path


def test_no_journey_polls_with_a_string():
    """Such a string is evaluated in the page, and whether that is noticed is a matter of luck."""
    journeys = Path(__file__).parent.glob("e2e/*.py")
    assert [path.name for path in journeys if "wait_for_function" in path.read_text()] == []
