"""Names as they are compared: one person is written in many ways."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from rapidfuzz import fuzz

from clinic.core.digits import western
from clinic.core.plain_text import visible_line
from clinic.people.transliteration import ARTICLE, consonants, consonants_of, is_arabic

# Letters without a removable accent that nobody types at a desk.
PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)
# Arabic letters that are written for each other, and Persian ones for those without a key.
_SAME_LETTERS = str.maketrans(
    {"ى": "ي", "ی": "ي", "ې": "ي", "ک": "ك", "گ": "ك", "ڭ": "ك", "ة": "ه", "ہ": "ه", "ە": "ه"}
    | {"ھ": "ه", "ٱ": "ا", "ء": None, "پ": "ب", "ڤ": "ف", "چ": "ج", "ژ": "ز", "ۆ": "و"}
)
# Müller is Mueller, Ågård is Aagaard. What is left is the same for the start of a name as for the
# whole, so that a name is found while it is typed.
_SECOND_VOWEL = re.compile("(?<=[aou])e|(?<=a)a")

# The database's columns hold this much.
LONGEST_SEARCH = 310
LONGEST_KEY = 150
# A name of more words is compared by its first ones.
MOST_WORDS = 12

# One letter in four or five.
_ALIKE = 74
_NEARLY_EQUAL = 80
_SHORTEST_SOUND = 2
# Fewer consonants of a whole name fit half the names in the other script.
_FEWEST_CONSONANTS = 2
# Signs that nobody can search for; they mark consonants of a name in one script or the other.
_OF_ARABIC, _OF_LATIN = "^", "~"
_CENTURY = 100


def searchable(text: str) -> str:
    """Return the text in lower case without accents or punctuation, single-spaced."""
    decomposed = unicodedata.normalize("NFKD", visible_line(text).casefold())
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(re.findall(r"\w+", western(bare.translate(PLAIN_LETTERS))))


def folded(text: str) -> list[str]:
    """Return the words of a name in the form in which every spelling of it is the same."""
    return _without_empty(_fold(word) for word in searchable(text).split())


def name_key(full_name: str) -> str:
    """Return the whole name without spaces, by which the database refuses a second one."""
    return _fold("".join(searchable(full_name).split()))[:LONGEST_KEY]


def name_columns(full_name: str, preferred_name: str = "") -> dict[str, str]:
    """Return what is stored of a patient's names to find them by."""
    both = f"{full_name} {preferred_name}"
    words = folded(both)
    words += [word.removeprefix(ARTICLE) for word in words if word.startswith(ARTICLE)]
    joined = [run for name in (full_name, preferred_name) for run in _runs(name, at_least=2)]
    return {
        "search_name": searchable(both)[:LONGEST_SEARCH],
        "folded_name": _padded(words),
        "joined_names": _padded(joined + _marked(words + joined)),
        "name_key": name_key(full_name),
    }


def near_dates(day: date) -> set[date]:
    """Return the days that are one slip of a finger or pen from this one, which is among them."""
    written = f"{day:%d%m%Y}"
    slips = {written, written[2:4] + written[:2] + written[4:]}
    for place, digit in enumerate(written):
        slips |= {written[:place] + other + written[place + 1 :] for other in "0123456789"}
        if place and written[place - 1] != digit:
            slips.add(written[: place - 1] + digit + written[place - 1] + written[place + 1 :])
    slips |= {f"{written[:4]}{day.year + years:04d}" for years in (-_CENTURY, _CENTURY)}
    return {near for near in map(_day, slips) if near}


def are_alike(one: list[str], other: list[str]) -> bool:
    """Return whether two full names may be one person's who is born on one day."""
    return (
        _covers(one, other, slips=MOST_WORDS)
        or _covers(other, one, slips=MOST_WORDS)
        or are_alike_across_scripts(one, other)
    )


def are_nearly_equal(one: list[str], other: list[str]) -> bool:
    """Return whether two full names may be one person's whose birthdays are a slip apart."""
    if min(len(one), len(other)) == 1 and one != other:
        return False
    return (
        _covers(one, other, slips=1)
        or _covers(other, one, slips=1)
        or are_alike_across_scripts(one, other)
    )


def names_of(full_name: str) -> list[str]:
    """Return a full name's words for the comparison of two names."""
    return folded(full_name)[:MOST_WORDS]


def is_nearly(typed: str, word: str) -> bool:
    """Return whether a word that somebody searches for may be this one, written differently."""
    return _is_slip(typed, word, least=_ALIKE, shortest_sound=_SHORTEST_SOUND + 1)


def forms_across_scripts(typed: list[str]) -> list[list[str]]:
    """Return the ways in which names in the other script are marked that sound as what is typed."""
    mark = _OF_LATIN if is_arabic("".join(typed)) else _OF_ARABIC
    ways = [way for way in consonants_of(typed) if len("".join(way)) >= _FEWEST_CONSONANTS]
    joined = consonants("".join(typed))
    ways += [[joined]] if len(joined) >= _FEWEST_CONSONANTS else []
    return [[mark + each for each in way] for way in ways]


def _marked(words: list[str]) -> list[str]:
    marks = ((_OF_ARABIC if is_arabic(word) else _OF_LATIN, consonants(word)) for word in words)
    return [mark + spoken for mark, spoken in marks if spoken]


def are_alike_across_scripts(one: list[str], other: list[str]) -> bool:
    """Return whether one name in Arabic and one in Latin letters have the same consonants."""
    if is_arabic("".join(one)) == is_arabic("".join(other)):
        return False
    return any(
        min(len("".join(first)), len("".join(second))) >= _FEWEST_CONSONANTS
        and (_covers(first, second, slips=0) or _covers(second, first, slips=0))
        for first in consonants_of(one)
        for second in consonants_of(other)
    )


def _covers(fewer: list[str], more: list[str], *, slips: int) -> bool:
    """Return whether every word of one name stands in the other, some with a slip."""
    whole = {*more, *(run for run in _joined(more))}
    left = [word for word in fewer if word not in whole]
    if not fewer or len(left) > slips or (len(fewer) == 1 and left and len(more) > 1):
        return False
    least = _NEARLY_EQUAL if slips == 1 else _ALIKE
    return all(
        any(_is_initial(word, run) or _is_slip(word, run, least=least) for run in whole)
        for word in left
    )


def _is_initial(word: str, other: str) -> bool:
    return 1 in (len(word), len(other)) and word[0] == other[0]


def _is_slip(one: str, other: str, *, least: int, shortest_sound: int = _SHORTEST_SOUND) -> bool:
    if one == other:
        return True
    if any(letter.isdecimal() for letter in one + other):
        return False
    sound = _sound(one)
    return fuzz.ratio(one, other) >= least or (
        len(sound) >= shortest_sound and sound == _sound(other)
    )


def _sound(word: str) -> str:
    """Return roughly how a name in Latin letters sounds: Mayer as Meier, Catherine as Katrin."""
    word = re.sub("ph", "f", re.sub("ck|c|q", "k", word))
    word = word.translate(str.maketrans("wzj", "vsy")).replace("x", "ks")
    first = "a" if word[:1] in set("aeiouy") else ""
    return first + re.sub(r"(.)\1+", r"\1", re.sub("[aeiouy]|(?<=[tkr])h", "", word))


def _fold(word: str) -> str:
    plain = "".join(letter for letter in word if unicodedata.category(letter) != "Lm")
    return _SECOND_VOWEL.sub("", plain.translate(_SAME_LETTERS))


def _runs(name: str, *, at_least: int) -> list[str]:
    """Return neighbouring words of a name written as one: O Brien as Obrien."""
    return _joined(searchable(name).split()[:MOST_WORDS], at_least=at_least)


def _joined(words: list[str], at_least: int = 2) -> list[str]:
    ends = range(len(words) + 1)
    return _without_empty(
        _fold("".join(words[first:last]))
        for first in ends
        for last in ends
        if last - first >= at_least
    )


def _padded(words: list[str]) -> str:
    """Return words between spaces, so that a search can ask for their start and end."""
    return f" {' '.join(dict.fromkeys(words))} " if words else ""


def _without_empty(words: Iterable[str]) -> list[str]:
    return [word for word in words if word]


def _day(written: str) -> date | None:
    try:
        return date(int(written[4:]), int(written[2:4]), int(written[:2]))
    except ValueError:
        return None
