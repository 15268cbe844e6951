"""Find out what the fonts of papers can draw, and replace the rest with a sign."""

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import typst
from django.conf import settings
from django.utils.translation import gettext as _

from clinic.core.lists import listed

# Every text font draws it, and nobody types it.
SIGN = "\ufffd"
# A line of a paper holds about eighty characters; a longer word may break anywhere.
LONGEST_UNBROKEN = 40
BREAK = "\u200b"
# How many characters the message to the writer names.
NAMED = 5

# The first that has a character draws it; fonts not named here follow in alphabetical order.
FIRST = ("Libertinus Serif", "Noto Naskh Arabic", "Noto Sans")
# The same characters as in "Noto Sans CJK SC", in the forms used in other countries.
OTHER_FORMS = {f"Noto Sans CJK {country}" for country in ("HK", "JP", "KR", "TC")}
LAST = ("Noto Sans CJK SC", "Noto Emoji")

# Each of these is in a font, alone and in any combination, so the fonts need not be read.
_COMMON = re.compile(
    "[ -~\u00a0-\u017f\u0391-\u03a1\u03a3-\u03c9\u0410-\u044f\u0621-\u063a\u0641-\u064a]*"
)
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_LONG_WORD = re.compile(rf"\S{{{LONGEST_UNBROKEN},}}")
# Embeddings and overrides reverse whatever follows on the page; isolates do not, once closed.
_TURNING = re.compile("[\u202a-\u202e]")
_ISOLATES = "\u2066\u2067\u2068"
_POP_ISOLATE = "\u2069"
_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0000, 0xE1000)
# These have no shape of their own, though Unicode counts them among marks and letters.
_INVISIBLE = {*"\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"} | {
    chr(code) for code in range(0xFE00, 0xFE10)
}


@cache
def fonts() -> typst.Fonts:
    """Return the fonts of papers: those of the installation, never those of the machine."""
    return typst.Fonts(include_system_fonts=False, font_paths=settings.PAPER_FONTS)


@cache
def families() -> list[str]:
    """Return the font families in the order in which they are asked for a character."""
    named = {*FIRST, *LAST, *OTHER_FORMS}
    others = [family for family in fonts().families() if family not in named]
    return [*FIRST, *others, *LAST]


def printable(text: str) -> str:
    """Return a text as a paper can show it: characters no font draws become a visible sign."""
    lines = _LINE_ENDS.sub("\n", _TURNING.sub("", text)).replace("\t", " ").split("\n")
    drawn = ("".join(map(_drawn, _clusters(line))) for line in lines)
    return "\n".join(_LONG_WORD.sub(_breakable, _closed(line)) for line in drawn)


def unprintable(text: str) -> list[str]:
    """Return each character of a text that a paper replaces, once and in order."""
    lines = _LINE_ENDS.sub("\n", _TURNING.sub("", text)).replace("\t", " ").split("\n")
    lost = (mark for line in lines for cluster in _clusters(line) for mark in _lost(cluster))
    return [*dict.fromkeys(lost)]


def loss_in_words(*texts: str) -> str:
    """Return a sentence that tells the writer what papers cannot show, or nothing."""
    lost = [*dict.fromkeys(character for text in texts for character in unprintable(text))]
    if not lost:
        return ""
    named = listed(map(_name, lost[:NAMED])) + (" …" if len(lost) > NAMED else "")
    return _("Papers cannot show %(characters)s. They print %(sign)s instead.") % {
        "characters": named,
        "sign": SIGN,
    }


def _name(character: str) -> str:
    """Name a character by its code, with the character first where a page can show it."""
    code = f"U+{ord(character):04X}"
    return code if unicodedata.category(character)[0] == "C" else f"{character} ({code})"


def _clusters(line: str) -> Iterator[str]:
    """Yield each character with its marks: one font has to draw them together."""
    start = 0
    for position, character in enumerate(line):
        if position and not _is_mark(character):
            yield line[start:position]
            start = position
    if line:
        yield line[start:]


def _is_mark(character: str) -> bool:
    return (
        unicodedata.category(character) in {"Mn", "Mc", "Me"}
        or character == _JOINER
        or ord(character) in _SKIN_TONES
        or ord(character) in _TAGS
    )


def _is_invisible(character: str) -> bool:
    return (
        character in _INVISIBLE
        or ord(character) in _TAGS
        or unicodedata.category(character) == "Cf"
    )


@cache
def _drawn(cluster: str) -> str:
    if _COMMON.fullmatch(cluster):
        return cluster
    visible = [character for character in cluster if not _is_invisible(character)]
    # A mark that begins a line has nothing to sit on.
    if visible and _is_mark(visible[0]):
        return SIGN
    if _one_font_has(cluster):
        return cluster
    if not visible or _one_font_has(visible):
        return "".join(visible)
    base = visible[0]
    return base + SIGN if _one_font_has(base) and len(visible) > 1 else SIGN


def _lost(cluster: str) -> list[str]:
    if SIGN in cluster or SIGN not in _drawn(cluster):
        return []
    visible = [character for character in cluster if not _is_invisible(character)]
    alone = [character for character in visible if not _one_font_has(character)]
    return alone or visible[1:]


def _one_font_has(characters: Iterable[str]) -> bool:
    codes = [*map(ord, characters)]
    return any(all(bisect_right(ends, code) % 2 for code in codes) for ends in _coverage())


@cache
def _coverage() -> list["array[int]"]:
    """Return for each font where its runs of characters begin and end, alternately."""
    files: dict[str, tuple[str, int]] = {}
    for font in fonts().fonts():
        if font.path and font.family in families():
            files.setdefault(font.family, (font.path, font.index))
    return [_ends_of_runs(Path(path), index) for path, index in files.values()]


def _ends_of_runs(path: Path, index: int) -> "array[int]":
    # Imported here, so that only processes that print pay for it.
    from fontTools.ttLib import TTFont

    with TTFont(path, fontNumber=index, lazy=True) as font:
        codes = sorted(code for code in font.getBestCmap() if not _is_refused(code))
    ends = array("L", codes[:1])
    for code, following in pairwise(codes):
        if following != code + 1:
            ends.extend((code + 1, following))
    ends.append(codes[-1] + 1)
    return ends


def _is_refused(code: int) -> bool:
    """Return whether a PDF for everybody's reader must not contain a character."""
    return code == ord("\ufeff") or unicodedata.category(chr(code)) == "Cc"


def _closed(line: str) -> str:
    """Close open direction isolates, and drop closing marks that close nothing."""
    if _POP_ISOLATE not in line and not any(mark in line for mark in _ISOLATES):
        return line
    kept, depth = [], 0
    for character in line:
        if character in _ISOLATES:
            depth += 1
        elif character == _POP_ISOLATE:
            if not depth:
                continue
            depth -= 1
        kept.append(character)
    return "".join(kept) + _POP_ISOLATE * depth


def _breakable(word: re.Match[str]) -> str:
    return BREAK.join(_clusters(word[0]))
