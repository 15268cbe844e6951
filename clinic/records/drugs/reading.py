"""Reads what somebody wrote of drugs and allergies, and says which words it could not read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum
from functools import cached_property

from clinic.records.drugs.words import BREAK, key_of, keys_of, tokens

Key = tuple[str, ...]
# Shorter words are close to too many names.
SHORTEST_TO_GUESS = 4
CLOSE_ENOUGH = 0.86


class Site(Enum):
    """How far a drug reaches as it is used."""

    SYSTEMIC = "systemic"
    LOCAL = "local"
    # Where the illness is: it says nothing of how far the drug reaches.
    PLACE = "place"


@dataclass(frozen=True)
class Meaning:
    """What a name stands for: a product by its ingredients, or terms of the table.

    A name that is given to one form only, such as a brand, says also how far the drug reaches.
    """

    label: object
    product: frozenset[str] = frozenset()
    site: Site | None = None
    terms: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Words:
    """Words around a name that name nothing themselves."""

    sites: Mapping[Key, Site]
    fillers: frozenset[str]
    salts: frozenset[str]
    joints: frozenset[str]


@dataclass
class Reading:
    """What was read in a text, and the words that were not."""

    meanings: list[Meaning] = field(default_factory=list)
    sites: set[Site] = field(default_factory=set)
    unread: list[str] = field(default_factory=list)

    @property
    def terms(self) -> frozenset[str]:
        """The ingredients and classes that the text names."""
        return frozenset().union(*(each.product | each.terms for each in self.meanings))

    @property
    def is_whole(self) -> bool:
        """Whether something was named, and nothing stayed unread."""
        return bool(self.meanings) and not self.unread


@dataclass(frozen=True)
class Lexicon:
    """Every name by the key of its spelling, and the words that may stand around names."""

    names: Mapping[Key, Meaning]
    words: Words

    @cached_property
    def longest(self) -> int:
        """The number of words in the longest name."""
        return max(map(len, [*self.names, *self.words.sites]))

    @cached_property
    def guessable(self) -> list[str]:
        """The names of one word, to compare a misspelt one with."""
        return sorted({key[0] for key in self.names if len(key) == 1})

    def read(self, text: str) -> Reading:
        """Read every name in a text, the longest first, and keep the words that are left."""
        reading = Reading()
        written = _spaced(text, self.words.joints)
        place, is_after_name = 0, False
        while place < len(written):
            word, is_apart = written[place]
            is_salt = is_after_name and not is_apart and key_of(word) in self.words.salts
            size, found = (1, None) if is_salt else self._found_at(written, place)
            if isinstance(found, Meaning):
                reading.meanings.append(found)
            elif isinstance(found, Site):
                reading.sites.add(found)
            elif not is_salt and not self._is_filler(word):
                reading.unread.append(word)
            is_after_name = isinstance(found, Meaning) or is_salt
            place += size
        return reading

    def guess(self, words: Iterable[str]) -> str:
        """Return what a misspelt word may mean: to ask, never to decide."""
        for word in words:
            if len(word) >= SHORTEST_TO_GUESS:
                close = get_close_matches(key_of(word), self.guessable, 1, CLOSE_ENOUGH)
                if close:
                    return str(self.names[(close[0],)].label)
        return ""

    def _found_at(
        self, written: list[tuple[str, bool]], place: int
    ) -> tuple[int, Meaning | Site | None]:
        for size in range(min(self.longest, len(written) - place), 0, -1):
            rest = tuple(key_of(word) for word, _apart in written[place + 1 : place + size])
            for first in keys_of(written[place][0]):
                key = (first, *rest)
                if found := self.names.get(key) or self.words.sites.get(key):
                    return size, found
        return 1, None

    def _is_filler(self, word: str) -> bool:
        key = key_of(word)
        return word.isdecimal() or key in self.words.fillers or key in self.words.salts


def name_key(name: str, words: Words) -> Key:
    """Return the key of a name without form, route and joints, which are read apart."""
    keys = (key_of(word) for word, _apart in _spaced(name, words.joints))
    bare = tuple(key for key in keys if (key,) not in words.sites)
    # A few drugs are called by their form, such as “the pill”.
    return bare or tuple(key_of(word) for word, _apart in _spaced(name, words.joints))


def _spaced(text: str, joints: frozenset[str]) -> list[tuple[str, bool]]:
    """Return the words of a text, each with whether something stands before it that parts names."""
    spaced, is_apart = [], True
    for word in tokens(text):
        if word == BREAK or word in joints:
            is_apart = True
        else:
            spaced.append((word, is_apart))
            is_apart = False
    return spaced
