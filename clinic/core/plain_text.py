"""Text for places that hold less than a page does: a header, a calendar, a text message."""

import re
import unicodedata

# Marks and overrides of direction, spaces without width and fillers: they hide, or turn a name
# round. The joiners stay: Persian, the scripts of India and emoji are spelt with them.
_UNSEEN = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]"
)
_JOINERS = "\u200c\u200d"


def without_controls(text: str) -> str:
    """Return a text with its line breaks and without what only steers machines."""
    lines = text.replace("\t", " ").splitlines()
    return "\n".join("".join(filter(_is_written, line)) for line in lines)


def one_line(text: str) -> str:
    """Return a text on one line, with single spaces."""
    return " ".join(without_controls(text).split())


def visible_line(text: str) -> str:
    """Return a name on one line without what nobody sees; one that shows nothing is empty."""
    line = " ".join(_UNSEEN.sub("", without_controls(text)).split("\n"))
    return line if line.strip(f" {_JOINERS}") else ""


def _is_written(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cs"}
