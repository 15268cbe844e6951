"""What people say of taking a drug – forms, routes, doses, times – in the languages of the site.

A phrase is recognised as a whole in any of the languages, and then said in another. A phrase that
is not in the table stays as typed: none is translated word by word.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clinic.records.drugs.words import DOTTED, fold

LANGUAGES = ("en", "fr", "ar")
COUNTS = frozenset({"one", "two", "few", "many"})
ARABIC_FEW = range(3, 11)
# From a hundred on, Arabic counts differently again.
MOST = 99
USE = ("dose", "frequency", "duration", "quantity")
# How a drug is taken: said in one sentence, so all of it in one language.
TAKEN = ("dose", "route", "frequency", "duration")
# The same in every language.
UNITS = frozenset({"mg", "g", "kg", "mcg", "μg", "ml", "cm"})
# Where the phrases of a field are looked up, its own first.
PARTS = {
    "form": ("form",),
    "route": ("route",),
    "strength": ("strength",),
    **{name: (name, *(each for each in USE if each != name)) for name in USE},
}


@dataclass(frozen=True)
class Phrase:
    """One thing that can be said, and its spellings by language; the first is the usual one."""

    spellings: Mapping[str, tuple[str, ...]]

    def said(self, language: str) -> str:
        """Return the usual spelling in a language."""
        return self.spellings[language][0]

    def keys(self, language: str) -> set[str]:
        """Return how the phrase may be typed in a language."""
        return {_key(each) for each in self.spellings[language]}


@dataclass(frozen=True)
class Counted:
    """A phrase with a number, whose words depend on the number."""

    forms: Mapping[str, Mapping[str, tuple[str, ...]]]
    usual: tuple[int, ...]

    def of(self, number: int) -> Phrase:
        """Return the phrase for a number."""
        spellings = {
            language: tuple(
                each.replace("{n}", str(number)) for each in self._patterns(number, language)
            )
            for language in LANGUAGES
        }
        return Phrase(spellings)

    def _patterns(self, number: int, language: str) -> Iterator[str]:
        exact = {1: "one", 2: "two"}.get(number)
        order = ["few", "many"] if number in ARABIC_FEW else ["many", "few"]
        for form in (exact, *order):
            yield from self.forms.get(form or "", {}).get(language, ())


@dataclass(frozen=True)
class Phrases:
    """All phrases by part and key; those with a number have `{n}` in its place."""

    whole: Mapping[str, Mapping[str, Phrase]]
    counted: Mapping[str, Mapping[str, Counted]]
    usual: Mapping[str, tuple[Phrase, ...]]
    numbers: Mapping[str, int]

    def find(self, field: str, text: str) -> Phrase | None:
        """Return the phrase that a text of a field is, if the table has it."""
        for part in PARTS[field]:
            for written in self._keys(text):
                if found := self.whole[part].get(written) or self._counted_in(part, written):
                    return found
        return None

    def say(self, field: str, text: str, language: str) -> str:
        """Return the text of a field in a language; what is not in the table stays as typed."""
        found = self.find(field, text)
        if found is None or not found.keys(language).isdisjoint(self._keys(text)):
            return text
        return found.said(language)

    def differing(self, words: Mapping[str, str], language: str) -> dict[str, str]:
        """Return the fields of a line that are said differently in a language.

        There are none if a part of how the drug is taken cannot be said: half a translation
        reads worse than the doctor's own words.
        """
        if not all(self._is_said(field, words[field]) for field in TAKEN):
            return {}
        said = {field: self.say(field, text, language) for field, text in words.items()}
        return {field: text for field, text in said.items() if text != words[field]}

    def written_in(self, words: Mapping[str, str], page: str) -> str:
        """Return the language that most of a line is written in; in doubt, that of the page."""
        counts: Counter[str] = Counter()
        for field, text in words.items():
            if found := self.find(field, text):
                typed = self._keys(text)
                counts.update(each for each in LANGUAGES if not found.keys(each).isdisjoint(typed))
        return max([page, *LANGUAGES], key=lambda language: counts[language])

    def _is_said(self, field: str, text: str) -> bool:
        """Return whether a text can be said in every language, or needs no words."""
        letters = set(re.findall(r"[^\W\d_]+", text.casefold()))
        return letters <= UNITS or self.find(field, text) is not None

    def _keys(self, text: str) -> tuple[str, str]:
        """Return the key of a text as typed, and with its numbers in digits."""
        key = _key(text)
        return key, " ".join(str(self.numbers.get(word, word)) for word in key.split())

    def _counted_in(self, part: str, key: str) -> Phrase | None:
        words = key.split()
        for place, word in enumerate(words):
            if word.isdecimal() and 1 <= int(word) <= MOST:
                pattern = " ".join([*words[:place], "{n}", *words[place + 1 :]])
                if found := self.counted[part].get(pattern):
                    return found.of(int(word))
        return None


def phrases_in(rows: dict[str, Any]) -> Phrases:
    """Return the phrases of a file."""
    whole: dict[str, dict[str, Phrase]] = {}
    counted: dict[str, dict[str, Counted]] = {}
    usual: dict[str, tuple[Phrase, ...]] = {}
    for part in PARTS:
        whole[part], counted[part], usual[part] = {}, {}, ()
        for row in rows[part]:
            if "many" not in row:
                phrase = Phrase({language: tuple(row[language]) for language in LANGUAGES})
                usual[part] += (phrase,)
                for each in _spellings(row):
                    whole[part].setdefault(_key(each), phrase)
                continue
            numbered = Counted(
                {
                    form: {language: tuple(said) for language, said in row[form].items()}
                    for form in COUNTS & row.keys()
                },
                usual=tuple(row["usual"]),
            )
            usual[part] += tuple(map(numbered.of, numbered.usual))
            for number, form in ((1, "one"), (2, "two")):
                for each in _spellings(row.get(form, {})):
                    whole[part].setdefault(_key(each), numbered.of(number))
            for form in ("few", "many"):
                for each in _spellings(row.get(form, {})):
                    counted[part].setdefault(_key(each), numbered)
    numbers = {_key(word): int(each) for each, words in rows["numbers"].items() for word in words}
    return Phrases(whole, counted, usual, numbers)


def _spellings(words: Mapping[str, list[str]]) -> Iterator[str]:
    for language in LANGUAGES:
        yield from words.get(language, ())


def _key(text: str) -> str:
    """Return a phrase without what people write differently: case, accents, commas, hyphens."""
    plain = DOTTED.sub(lambda found: found[0].replace(".", ""), fold(text).replace("⁄", "/"))
    plain = re.sub(r"[,;.،](?=\s|$)|[()’'‑-]", " ", plain.replace("×", "x"))
    # Glued to its number: 2cp, 3x/j.
    plain = re.sub(r"\s*/\s*", "/", plain)
    plain = re.sub(r"(?<=\d)(?=[^\W\d_])|(?<=[\d}])(?=/[^\W\d_])", " ", plain)
    # A decimal comma is a decimal point.
    return " ".join(re.sub(r"(?<=\d),(?=\d)", ".", plain).split())
