"""Find the words in a text that identify a person, and remove them.

A word of a name counts if it is written with a capital letter. A single letter, or a name that is
also an ordinary word, counts only next to another name or after a title. Scripts without spaces
have no separate words, so there only the whole name and the given name are searched for.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

NAME, CONTACT = "[name]", "[contact]"
SHORTEST_NAME = 2
# A letter and the accents that may follow it: texts use both spellings of “é”.
WORD = re.compile(r"(?:[^\W_]|[\u0300-\u036f\u064b-\u065f\u0670\u0640])+")
SEVERAL = re.compile(rf"{re.escape(NAME)}(?:[ \t'’-]+{re.escape(NAME)})+")
# What separates the words of one name; after a full stop a new sentence begins.
WITHIN_A_NAME = re.compile(r"[ \t]?[ \t'’‐‑-][ \t]?")
# Parts of names that are ordinary words: removing them would strip whole texts of articles.
PARTICLES = frozenset(
    {"and", "aus", "bin", "bint", "das", "del", "della", "den", "der", "des", "dos", "ibn", "las",
     "les", "los", "und", "van", "von", "zum", "zur"}
)  # fmt: skip
TITLES = frozenset(
    {"mr", "mrs", "ms", "miss", "mx", "m", "mme", "mlle", "monsieur", "madame", "dr", "herr",
     "frau", "السيد", "السيده", "الانسه"}
)  # fmt: skip
# Arabic has no capitals, and these given names are also words of dermatology: cream, healthy, rose.
ORDINARY = frozenset(
    {"كريم", "سليم", "سليمه", "ورده", "زهره", "حبه", "شمس", "نور", "جميل", "حسن", "سعيد", "امل",
     "صالح", "طاهر", "ماهر", "شفاء", "عادل", "كامل", "سالم", "حاد", "نقاء", "صافي"}
)  # fmt: skip
# Two-letter names that also begin sentences, or are units and symbols, in the site's languages.
ORDINARY |= frozenset(
    {"ab", "al", "am", "an", "as", "at", "au", "be", "by", "ca", "ce", "cm", "co", "da", "de",
     "di", "do", "du", "el", "en", "er", "es", "et", "go", "hb", "he", "hi", "if", "il", "im", "in",
     "is", "it", "je", "kg", "la", "le", "lo", "ma", "me", "mg", "ml", "mm", "my", "na", "ne", "ni",
     "no", "ob", "of", "on", "or", "ou", "sa", "se", "si", "so", "ta", "to", "tu", "um", "un", "up",
     "us", "vu", "we", "wo", "zu"}
)  # fmt: skip
# “And”, “to”, “with” and “the” are written as part of the following word.
ARABIC_PREFIX = re.compile(r"^(?:[وف]?[بلك]?ال|[وف][بلك]?|[بلك])(?=.{3,})")
ARABIC = re.compile(r"[\u0600-\u06ff]")
ARABIC_SPELLINGS = str.maketrans({"ى": "ي", "ة": "ه", "ٱ": "ا", "ـ": None})
# Han, kana and Hangul.
WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003134f]+")
CHINESE_TITLES = "先生|女士|小姐|太太|さん|様|씨|님"
LETTERS_WITHOUT_ACCENT = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)


def plain(word: str) -> str:
    """Return a word in lower case, without accents, in one of its spellings."""
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return bare.translate(LETTERS_WITHOUT_ACCENT).translate(ARABIC_SPELLINGS)


@dataclass(frozen=True)
class Found:
    """A word of a text, and what it may be: a name, perhaps a name, a title, or nothing."""

    start: int
    end: int
    tells: str


@dataclass(frozen=True)
class Identity:
    """A person's names, possible names, names without spaces, and contact data."""

    words: frozenset[str]
    perhaps: frozenset[str]
    unspaced: re.Pattern[str] | None
    contacts: tuple[re.Pattern[str], ...]

    def removed_from(self, text: str) -> tuple[str, int]:
        """Return the text with marks in place of identifying words, and the number of removals."""
        found = 0
        for contact in self.contacts:
            text, times = contact.subn(CONTACT, text)
            found += times
        if self.unspaced:
            text, times = self.unspaced.subn(NAME, text)
            found += times
        names = list(self._names_in(text))
        for name in reversed(names):
            text = f"{text[: name.start]}{NAME}{text[name.end :]}"
        return SEVERAL.sub(NAME, text), found + len(names)

    def _names_in(self, text: str) -> Iterator[Found]:
        for run in _runs(text, [self._judged(match) for match in WORD.finditer(text)]):
            certain = any(word.tells == "name" for word in run)
            # “Li Wei” is a name if both words are; “Li” alone is one only after a title.
            perhaps = {
                plain(text[word.start : word.end]) for word in run if word.tells == "perhaps"
            }
            titled = run[0].tells == "title"
            if certain or titled or len(perhaps) > 1:
                yield from (word for word in run if word.tells in {"name", "perhaps"})

    def _judged(self, match: re.Match[str]) -> Found:
        return Found(match.start(), match.end(), self._tells(match[0]))

    def _tells(self, word: str) -> str:
        folded = plain(word)
        spellings = {folded}
        if ARABIC.search(folded):
            spellings.add(ARABIC_PREFIX.sub("", folded))
        if folded in TITLES:
            return "title"
        # In “a brown macule, petit”, the words are findings: names start with a capital letter.
        if word[0].islower():
            return ""
        # Two capitals are as often an abbreviation as a name.
        is_abbreviation = len(word) == SHORTEST_NAME and word.isupper() and not word.islower()
        if spellings & self.words and not is_abbreviation:
            return "name"
        return "perhaps" if spellings & (self.words | self.perhaps) else ""


def identity_from(
    *, names: Iterable[str], emails: Iterable[str], phones: Iterable[re.Pattern[str]]
) -> Identity:
    """Return what identifies a person with these names and addresses."""
    names = [name for name in names if name]
    words = {plain(word) for name in names for word in WORD.findall(name)}
    spaced = {word for word in words if not WITHOUT_SPACES.fullmatch(word)}
    spaced = {word for word in spaced if word.isalpha() and word not in PARTICLES}
    spaced |= {ARABIC_PREFIX.sub("", word) for word in spaced if word.startswith("ال")}
    certain = {word for word in spaced if len(word) >= SHORTEST_NAME and word not in ORDINARY}
    contacts = [email_pattern(address) for address in sorted({e for e in emails if e})]
    return Identity(
        words=frozenset(certain),
        perhaps=frozenset(spaced - certain),
        unspaced=_unspaced_pattern(names),
        contacts=(*contacts, *phones),
    )


def email_pattern(address: str) -> re.Pattern[str]:
    """Return a pattern for an address, ignoring case."""
    return re.compile(rf"(?<![\w.+-]){re.escape(address)}(?![\w-])", re.IGNORECASE)


def _runs(text: str, words: Iterable[Found]) -> Iterator[list[Found]]:
    """Group neighbouring words that may form one name; other words end a group."""
    run: list[Found] = []
    for word in words:
        if run and not (word.tells and _goes_on(text, run[-1], word)):
            yield run
            run = []
        if word.tells:
            run.append(word)
    if run:
        yield run


def _goes_on(text: str, before: Found, word: Found) -> bool:
    between = text[before.end : word.start]
    is_titled = before.tells == "title" and between in {".", ". "}
    return is_titled or WITHIN_A_NAME.fullmatch(between) is not None


def _unspaced_pattern(names: Iterable[str]) -> re.Pattern[str] | None:
    """Match names in scripts without spaces: whole, given, or family name with a title."""
    wholes: set[str] = set()
    parts: set[str] = set()
    families: set[str] = set()
    for name in names:
        pieces = WITHOUT_SPACES.findall(name)
        whole = "".join(pieces)
        if len(whole) < 2:
            continue
        wholes.add(r"\s?".join(map(re.escape, whole)))
        parts.update(piece for piece in pieces if len(piece) > 1)
        # A family name has one character, or two if the whole name has four.
        cut = len(pieces[0]) if len(pieces) > 1 else (2 if len(whole) >= 4 else 1)
        families.add(whole[:cut])
        if len(whole[cut:]) > 1:
            parts.add(whole[cut:])
    if not wholes:
        return None
    longest_first = sorted(map(re.escape, parts), key=len, reverse=True)
    titled = [rf"(?:{re.escape(family)})(?={CHINESE_TITLES})" for family in sorted(families)]
    return re.compile("|".join([*sorted(wholes), *longest_first, *titled]))
