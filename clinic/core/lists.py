"""Lists within a sentence, in the language of the page."""

from collections.abc import Iterable

from django.utils.translation import get_language

ARABIC_COMMA = "،"
# Unicode's marks around a part that keeps its own direction, and around a text from right to left.
FIRST_STRONG, RIGHT_TO_LEFT, END = "\u2068", "\u2067", "\u2069"


def comma() -> str:
    """Return what stands between the parts of a list."""
    return f"{ARABIC_COMMA} " if get_language() == "ar" else ", "


def listed(parts: Iterable[object]) -> str:
    """Join what is not empty with the comma of the language."""
    return comma().join(str(part) for part in parts if part)


def listed_apart(parts: Iterable[object], *, between: str = "") -> str:
    """Join what people wrote; in Arabic, each part keeps its direction and its place."""
    said = [str(part) for part in parts if part]
    if get_language() != "ar":
        return (between or comma()).join(said)
    apart = (between or comma()).join(f"{FIRST_STRONG}{part}{END}" for part in said)
    return f"{RIGHT_TO_LEFT}{apart}{END}"
