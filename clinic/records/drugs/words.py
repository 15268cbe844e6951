"""Fold spellings of drugs, so that one name written in several ways has one key.

Names are written with and without accents, in the English, French and Arabic manner, and each
language adds its own ending: amoxicillin, amoxicilline, Amoxicillina, أموكسيسيلين.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from clinic.core.digits import western

# A place in a text where one name ends and another begins.
BREAK = "|"
SHORTEST_SPELLING = 5
SHORTEST_ARABIC_KEY = 4
SHORTEST_GLUED_TO_AND = 4

LETTERS = str.maketrans(
    {
        "œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "β": "beta", "α": "alpha",
        "ٱ": "ا", "ى": "ي", "ی": "ي", "ة": "ه", "ک": "ك", "گ": "ج", "ڤ": "ف", "پ": "ب", "چ": "ج",
        "ـ": None,
    }
)  # fmt: skip
TOKEN = re.compile(r"[^\W\d_]+|\d+|[,;+/\n،؛]")
# A.I.N.S. becomes AINS, and statine(s) becomes statine.
DOTTED = re.compile(r"\b[^\W\d_](?:\.[^\W\d_]\b)+\.?")
ENDING_IN_BRACKETS = re.compile(r"(?<=\w)\((?:s|e|es|x)\)")
LATIN_SPELLINGS = (
    ("ph", "f"), ("th", "t"), ("ch", "c"), ("rh", "r"), ("ae", "e"), ("oe", "e"), ("qu", "c"),
    ("y", "i"), ("k", "c"), ("z", "s"), ("w", "v"),
)  # fmt: skip
# Letters that transliterations confuse, and long vowels that some leave out.
ARABIC_LETTERS = str.maketrans("طصثقذضظغز", "تستكددسجس")
ARABIC_SPELLINGS = ARABIC_LETTERS | str.maketrans("", "", "اهي")
ARABIC_ARTICLE = re.compile(r"^(?:[وب]?ال|لل)(?=\w{3})")


def fold(text: str) -> str:
    """Return the text without capitals, accents, vowel signs and invisible marks."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    seen = (each for each in parts if unicodedata.category(each) not in {"Mn", "Cf"})
    return western("".join(seen)).translate(LETTERS)


def tokens(text: str) -> list[str]:
    """Return the words and numbers of a text, each “+”, and a break where a name may end."""
    plain = ENDING_IN_BRACKETS.sub("", fold(text))
    plain = DOTTED.sub(lambda found: found[0].replace(".", ""), plain)
    return [each if each.isalnum() or each == "+" else BREAK for each in TOKEN.findall(plain)]


@lru_cache(maxsize=8192)
def key_of(word: str) -> str:
    """Return what all spellings of one folded word have in common."""
    if "\u0600" <= word[:1] <= "\u06ff":
        while (bare := ARABIC_ARTICLE.sub("", word)) != word:
            word = bare
        key = _single(word[:1].translate(ARABIC_LETTERS) + word[1:].translate(ARABIC_SPELLINGS))
        return key if len(key) >= SHORTEST_ARABIC_KEY else word
    if len(word) < SHORTEST_SPELLING:
        return word
    for written, read in LATIN_SPELLINGS:
        word = word.replace(written, read)
    return _single(word).removesuffix("s").rstrip("aeo")


def keys_of(word: str) -> Iterator[str]:
    """Yield the keys that a word may have: as written, and without a leading Arabic “and”."""
    yield key_of(word)
    shortest = SHORTEST_GLUED_TO_AND if word[:1] == "و" else SHORTEST_SPELLING + 1
    if word[:1] in {"و", "ب", "ل"} and len(word) >= shortest:
        yield key_of(word[1:])


def _single(word: str) -> str:
    return re.sub(r"(.)\1+", r"\1", word)
