"""Text for places with less room than a page: a header, a calendar, a text message."""

import re
import unicodedata

# Direction marks and overrides, zero-width spaces and fillers: they are invisible or reverse a
# name. Joiners stay, because Persian, the scripts of India and emoji are written with them.
_UNSEEN = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]"
)
_JOINERS = "\u200c\u200d"


def without_controls(text: str) -> str:
    """Return a text with its line breaks and without control characters."""
    lines = text.replace("\t", " ").splitlines()
    return "\n".join("".join(filter(_is_written, line)) for line in lines)


def one_line(text: str) -> str:
    """Return a text on one line, with single spaces."""
    return " ".join(without_controls(text).split())


def visible_line(text: str) -> str:
    """Return a name on one line without invisible characters; if nothing is left, it is empty."""
    line = " ".join(_UNSEEN.sub("", without_controls(text)).split("\n"))
    return line if line.strip(f" {_JOINERS}") else ""


def _is_written(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cs"}
