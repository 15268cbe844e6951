"""Text for places that hold less than a page does: a header, a calendar, a text message."""

import unicodedata


def without_controls(text: str) -> str:
    """Return a text with its line breaks and without what only steers machines."""
    lines = text.replace("\t", " ").splitlines()
    return "\n".join("".join(filter(_is_written, line)) for line in lines)


def one_line(text: str) -> str:
    """Return a text on one line, with single spaces."""
    return " ".join(without_controls(text).split())


def _is_written(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cs"}
