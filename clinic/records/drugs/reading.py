"""Read drugs and allergies from free text, and report the words that could not be read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum
from functools import cached_property

from clinic.records.drugs.words import BREAK, key_of, keys_of, tokens

Key = tuple[str, ...]
# Between two drugs it joins them; after a brand it makes a different product.
PLUS = frozenset({"plus", "+"})
# Shorter words are similar to too many names.
SHORTEST_TO_GUESS = 4
CLOSE_ENOUGH = 0.86


class Site(Enum):
    """How far a drug reaches in the body, as it is used."""

    SYSTEMIC = "systemic"
    LOCAL = "local"
    # The place of the illness, which does not tell how far the drug reaches.
    PLACE = "place"
    # The packaging: such a drug is swallowed unless it is one for the skin.
    CONTAINER = "container"


@dataclass(frozen=True)
class Meaning:
    """What a name stands for: a product with its ingredients, or terms of the table.

    If only one form has the name, as with a brand, it also tells how far the drug reaches.
    """

    label: object
    product: frozenset[str] = frozenset()
    site: Site | None = None
    terms: frozenset[str] = frozenset()
    is_brand: bool = False
    is_wide: bool = False
    is_in_drugs: bool = False


@dataclass(frozen=True)
class Words:
    """Words around a name that do not name anything themselves.

    Directly after a name, a variant such as “forte” makes a different product; a time of day does
    so after a brand. Minerals are salts of only a few ingredients; after others they are drugs.
    """

    sites: Mapping[Key, Site]
    fillers: frozenset[str]
    salts: frozenset[str]
    joints: frozenset[str]
    variants: frozenset[str] = frozenset()
    brand_variants: frozenset[str] = frozenset()
    minerals: Mapping[str, frozenset[str]] = field(default_factory=dict)
    alls: frozenset[str] = frozenset()


@dataclass
class Reading:
    """What was read in a text, and the unread words."""

    meanings: list[Meaning] = field(default_factory=list)
    sites: set[Site] = field(default_factory=set)
    unread: list[str] = field(default_factory=list)

    @property
    def terms(self) -> frozenset[str]:
        """The ingredients and classes that the text names."""
        return frozenset().union(*(each.product | each.terms for each in self.meanings))

    def take(self, found: Meaning, word: str) -> None:
        """Keep a meaning; one that stands for no term of the table counts as unread."""
        if found.is_wide and not found.terms:
            self.unread.append(word)
        else:
            self.meanings.append(found)

    @property
    def is_whole(self) -> bool:
        """Return whether something was named and nothing stayed unread."""
        return bool(self.meanings) and not self.unread


@dataclass(frozen=True)
class Lexicon:
    """Every name by the key of its spelling, and the words that may surround names."""

    names: Mapping[Key, Meaning]
    words: Words

    @cached_property
    def longest(self) -> int:
        """The number of words in the longest name."""
        return max(map(len, [*self.names, *self.words.sites]))

    @cached_property
    def guessable(self) -> list[str]:
        """The one-word names, to compare a misspelt one with."""
        return sorted({key[0] for key in self.names if len(key) == 1})

    def read(self, text: str) -> Reading:
        """Read every name in a text, longest first, and keep the remaining words."""
        reading = Reading()
        written = self._parts_of(text)
        place, named, is_next = 0, None, False
        while place < len(written):
            word, is_apart = written[place]
            named, is_next = (None, False) if is_apart else (named, is_next)
            is_salt = is_next and self._is_salt_of(named, key_of(word))
            size, found = (1, None) if is_salt else self._found_at(written, place)
            is_variant = word in PLUS or self._is_variant(written, place, named, is_next=is_next)
            if isinstance(found, Meaning):
                if not found.is_wide or not self._is_description(written, place, size, named):
                    reading.take(found, word)
                named = found if not found.is_wide else named
            elif isinstance(found, Site):
                reading.sites.add(found)
            elif self._is_all(word):
                if not isinstance(self._next_name(written, place + 1), Meaning):
                    reading.unread.append(word)
            elif is_variant or not (is_salt or self._is_filler(word)):
                reading.unread.append(word)
            is_next = isinstance(found, Meaning) or is_salt
            place += size
        return reading

    def guess(self, words: Iterable[str]) -> str:
        """Return what a misspelt word may mean: for a question, never for a decision."""
        for word in words:
            if len(word) >= SHORTEST_TO_GUESS:
                close = get_close_matches(key_of(word), self.guessable, 1, CLOSE_ENOUGH)
                if close:
                    return str(self.names[(close[0],)].label)
        return ""

    def _is_all(self, word: str) -> bool:
        return not self.words.alls.isdisjoint(keys_of(word))

    def _is_description(
        self, written: list[tuple[str, bool]], place: int, size: int, named: Meaning | None
    ) -> bool:
        """Return whether a wide word, such as “antibiotic”, only describes the name next to it."""
        is_joined = written[place][0].startswith("و")
        if is_joined or (place and self._is_all(written[place - 1][0])):
            return False
        following = self._next_name(written, place + size)
        return named is not None or (following is not None and not following.is_wide)

    def _next_name(self, written: list[tuple[str, bool]], place: int) -> Meaning | None:
        """Return the next name, with nothing but fillers and no break before it."""
        while place < len(written) and not written[place][1]:
            _size, found = self._found_at(written, place)
            if isinstance(found, Meaning):
                return found
            if not self._is_filler(written[place][0]):
                return None
            place += 1
        return None

    def _parts_of(self, text: str) -> list[tuple[str, bool]]:
        """Return the words of a text without any “plus” that only joins its neighbours."""
        spaced = _spaced(text, self.words.joints)
        parts, is_apart = [], False
        for place, (word, is_broken) in enumerate(spaced):
            if word in PLUS and self._is_joint(spaced, place):
                is_apart = True
                continue
            parts.append((word, is_broken or is_apart))
            is_apart = False
        return parts

    def _is_joint(self, spaced: list[tuple[str, bool]], place: int) -> bool:
        """Return whether a “plus” joins two names and is not the end of one."""
        before, word, after = spaced[:place], spaced[place][0], spaced[place + 1 :]
        names = [
            (at + size, meaning)
            for at in range(place)
            for size, meaning in [self._found_at(before, at)]
            if isinstance(meaning, Meaning)
        ]
        following = self._found_at(after, 0)[1] if after else None
        is_named = isinstance(following, Meaning)
        if word == "plus":
            is_after_brand = any(end == place and meaning.is_brand for end, meaning in names)
            return not names or (is_named and not is_after_brand)
        has_several = any(len(meaning.product) > 1 for _end, meaning in names)
        is_filler = not after or (not has_several and self._is_filler(after[0][0]))
        return not names or is_named or not (following or is_filler)

    def _is_salt_of(self, named: Meaning | None, key: str) -> bool:
        """Return whether a word after a name only says which salt of it is meant."""
        having = self.words.minerals.get(key)
        if having is None or named is None:
            return key in self.words.salts
        return bool(having & (named.product | named.terms))

    def _is_variant(
        self, written: list[tuple[str, bool]], place: int, named: Meaning | None, *, is_next: bool
    ) -> bool:
        """Return whether a word turns the name before it into a different product."""
        key = key_of(written[place][0])
        if named is None or written[place - 1][0].isdecimal():
            return False
        is_of_brand = is_next and named.is_brand and key in self.words.brand_variants
        return is_of_brand or key in self.words.variants

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
    """Return the key of a name without form, route and joining words, which are read separately."""
    joints = words.joints | {"+"}
    keys = (key_of(word) for word, _apart in _spaced(name, joints))
    bare = tuple(key for key in keys if (key,) not in words.sites)
    # A few drugs are named after their form, such as “the pill”.
    return bare or tuple(key_of(word) for word, _apart in _spaced(name, joints))


def _spaced(text: str, joints: frozenset[str]) -> list[tuple[str, bool]]:
    """Return the words of a text, each with whether something before it separates names."""
    spaced, is_apart = [], True
    for word in tokens(text):
        if word == BREAK or word in joints:
            is_apart = True
        else:
            spaced.append((word, is_apart))
            is_apart = False
    return spaced
