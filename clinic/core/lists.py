"""Lists within a sentence, in the language of the page."""

import re
from collections.abc import Iterable

from django.utils.translation import get_language

ARABIC_COMMA = "،"
ARABIC = re.compile("[\u0600-\u06ff]")
# Unicode's marks around a text that keeps its own direction, or has a given one.
LEFT_TO_RIGHT, RIGHT_TO_LEFT, FIRST_STRONG, END = "\u2066", "\u2067", "\u2068", "\u2069"


def comma() -> str:
    """Return what stands between the parts of a list."""
    return f"{ARABIC_COMMA} " if get_language() == "ar" else ", "


def listed(parts: Iterable[object]) -> str:
    """Join what is not empty with the comma of the language."""
    return comma().join(str(part) for part in parts if part)


def listed_apart(parts: Iterable[object], *, between: str = "") -> str:
    """Join what people wrote, in its own direction, with each part in its place.

    The marks are left out where everything reads from left to right anyway.
    """
    said = [str(part) for part in parts if part]
    is_arabic = any(map(ARABIC.search, said))
    if not is_arabic and get_language() != "ar":
        return (between or comma()).join(said)
    apart = (f"{FIRST_STRONG}{part}{END}" for part in said)
    joined = (between or (f"{ARABIC_COMMA} " if is_arabic else ", ")).join(apart)
    return f"{RIGHT_TO_LEFT if is_arabic else LEFT_TO_RIGHT}{joined}{END}"
