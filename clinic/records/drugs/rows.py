"""Rows of the drug table, and drugs as people write them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language

from clinic.records.drugs.reading import Site
from clinic.records.drugs.words import fold

# The skin absorbs too little for an interaction with another drug.
LOCAL_ROUTES = {"on the skin", "on the scalp", "into the eye"}
# An inhaled drug interacts with others, but does not add up with the tablets of its class.
ROUTES_THAT_DO_NOT_ADD_UP = LOCAL_ROUTES | {"inhaled"}
# An amount of a drug, such as 200 mg, and not an amount in each gram or millilitre.
UNIT_DOSE = re.compile(
    r"\d\s*(?:mg|mcg|µg|μg|ug|مجم|مغ|ملغ|ملغم|ميكروغرام)\b"
    r"(?!\s*(?:/|per\b|par\b|pour\b|لكل\b)\s*\d*\s*(?:g|gr|gm|gram|gramme|ml|غ|غرام|جم|مل)\b)"
)
UNIT_STRENGTH = re.compile(UNIT_DOSE.pattern.replace("(?:mg|", "(?:g|gr|gm|غ|غرام|جم|جرام|mg|", 1))

# Two amounts, such as 80/12.5 mg, mean two ingredients; a half (1/2) and mg/ml do not.
TWO_STRENGTHS = re.compile(
    r"(?<![\d/.,])(?!1\s*/\s*[2-4]\b|3\s*/\s*4\b)\d+(?:[.,]\d+)?\s*(?:mg|mcg|µg|μg|مغ|ملغ|مجم)?\s*"
    r"/\s*\d+(?:[.,]\d+)?\s*(?:mg|mcg|µg|μg|مغ|ملغ|مجم)(?!\s*/)\b"
    r"|(?<![\d/.,])\d{2,3}\s*/\s*\d{1,2}[.,]\d\b"
)


@dataclass(frozen=True)
class Wording:
    """A text of the table in the languages of the site."""

    en: str
    fr: str
    ar: str

    def __str__(self) -> str:
        language = (get_language() or "en")[:2]
        return {"fr": self.fr, "ar": self.ar}.get(language, self.en)


@dataclass(frozen=True)
class Drug:
    """One drug as it is prescribed, with its usual form, strength, route and dose.

    Somebody allergic to one drug of a class may be allergic to all of it; a group only acts alike.
    What matters only in a known pregnancy does not warn of a possible one. A drug made only for the
    skin needs no form to count as one for the skin.
    """

    name: str
    label: Wording
    also: tuple[str, ...]
    ingredients: tuple[str, ...]
    classes: tuple[str, ...]
    groups: tuple[str, ...]
    form: str
    strength: str
    route: str
    dose: str
    pregnancy: Wording | None
    is_harm_once_known: bool
    is_only_local: bool
    source: str

    @property
    def names(self) -> tuple[str, ...]:
        """All names of the drug."""
        return (self.name, self.label.fr, self.label.ar, *self.also)

    def is_brand(self, name: str) -> bool:
        """Return whether a name means one product; other names may mean any form of the drug."""
        return name in self.also and not name.islower()

    @property
    def substances(self) -> frozenset[str]:
        """What people can be allergic to in the drug: its ingredients and their classes."""
        return frozenset(self.ingredients + self.classes)

    @property
    def terms(self) -> frozenset[str]:
        """The terms that rules use for the drug."""
        return self.substances | set(self.groups)

    @property
    def contents(self) -> frozenset[str]:
        """What the drug contains for certain."""
        return frozenset(self.ingredients)

    @property
    def certain_terms(self) -> frozenset[str]:
        """The terms that apply to the drug, whichever product is taken."""
        return self.terms

    @property
    def is_systemic(self) -> bool:
        """Return whether the drug reaches the whole body."""
        return self.route not in LOCAL_ROUTES

    @property
    def adds_up(self) -> bool:
        """Return whether a second drug of its class would be too much."""
        return self.route not in ROUTES_THAT_DO_NOT_ADD_UP


@dataclass(frozen=True)
class Rule:
    """What two ingredients or classes do together; some of it even on the skin."""

    first: str
    second: str
    effect: Wording
    source: str
    is_local_too: bool


@dataclass(frozen=True)
class Duplicate:
    """A class of which one drug is enough, and what two of them do."""

    term: str
    effect: Wording
    source: str


@dataclass(frozen=True)
class Term:
    """An ingredient or class with its names; people may write it instead of a drug they take.

    A wider class, such as the beta-lactams, stands for the classes in it. One as wide as
    “antibiotics” may also just describe the drug next to it.
    """

    name: str
    label: Wording
    also: tuple[str, ...]
    of: tuple[str, ...]
    is_taken: bool
    is_wide: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Everything the term is called."""
        return (self.name, self.label.fr, self.label.ar, *self.also)

    @property
    def terms(self) -> frozenset[str]:
        """The terms of the table that it stands for."""
        return frozenset(self.of or (self.name,))


@dataclass(frozen=True)
class Written:
    """A drug in somebody's own words."""

    drug: str
    form: str = ""
    strength: str = ""
    route: str = ""
    dose: str = ""
    frequency: str = ""
    duration: str = ""
    quantity: str = ""
    note: str = ""

    @property
    def beside(self) -> tuple[str, ...]:
        """Return what is written next to the name, except free text."""
        return (
            self.form, self.strength, self.route, self.dose,
            self.frequency, self.duration, self.quantity,
        )  # fmt: skip

    @property
    def two_strengths(self) -> tuple[str, ...]:
        """Two amounts of one product, which a drug with one ingredient does not have."""
        texts = (fold(text) for text in (self.drug, self.strength))
        return tuple(found[0] for text in texts if (found := TWO_STRENGTHS.search(text)))

    @property
    def is_unit_dose(self) -> bool:
        """Return whether there is an amount that only drugs for the whole body have."""
        texts = (fold(text) for text in (self.drug, self.dose))
        return any(map(UNIT_DOSE.search, texts)) or bool(UNIT_STRENGTH.search(fold(self.strength)))


@dataclass(frozen=True)
class ReadDrugs:
    """The drugs that a line names, what could not be read, and what it may mean.

    A drug that only the note names may be another line of the prescription. Hints are unread words
    next to the name that may be drugs.
    """

    drugs: tuple[Drug, ...]
    noted: tuple[Drug, ...]
    unread: tuple[str, ...]
    is_site_read: bool
    guess: str
    hints: tuple[str, ...] = ()

    @property
    def is_named(self) -> bool:
        """Return whether every word of the drug was read."""
        return bool(self.drugs) and not self.unread


@dataclass(frozen=True)
class ReadAllergy:
    """The ingredients and classes that an allergy names, whether all was read, and a guess.

    For other contents such as lactose, the table does not know which drugs contain them.
    """

    terms: frozenset[str]
    is_whole: bool
    guess: str
    is_in_drugs: bool = False


def site_of(drug: Drug) -> Site:
    """Return how far the drug of a table row reaches."""
    return Site.SYSTEMIC if drug.is_systemic else Site.LOCAL


def drug_in(row: dict[str, Any], effects: dict[str, Wording]) -> Drug:
    """Return the drug in a row of a file."""
    harm = row.get("pregnancy", "")
    return Drug(
        name=row["name"],
        label=label_in(row),
        also=tuple(row.get("also", ())),
        ingredients=tuple(row["ingredients"]),
        classes=tuple(row.get("classes", ())),
        groups=tuple(row.get("groups", ())),
        form=row["form"],
        strength=row["strength"],
        route=row["route"],
        dose=row.get("dose", ""),
        pregnancy=effects[f"pregnancy_{harm}"] if harm else None,
        is_harm_once_known=row.get("once_known", False),
        is_only_local=row.get("local_only", False),
        source=row["source"],
    )


def term_in(row: dict[str, Any]) -> Term:
    """Return the ingredient or class in a row of a file."""
    return Term(
        name=row["name"],
        label=label_in(row),
        also=tuple(row["also"]),
        of=tuple(row.get("of", ())),
        is_taken=row.get("taken", False),
        is_wide=row.get("wide", False),
    )


def label_in(row: dict[str, Any]) -> Wording:
    """Return the name in a row of a file, in the languages of the site."""
    return Wording(en=row.get("en", row["name"]), fr=row["fr"], ar=row["ar"])


def rules_in(rows: Iterable[dict[str, Any]], effects: dict[str, Wording]) -> tuple[Rule, ...]:
    """Return the rules of a file."""
    return tuple(
        Rule(
            first=row["between"][0],
            second=row["between"][1],
            effect=effects[row["effect"]],
            source=row["source"],
            is_local_too=row.get("local", False),
        )
        for row in rows
    )


def duplicates_in(
    rows: Iterable[dict[str, Any]], effects: dict[str, Wording]
) -> tuple[Duplicate, ...]:
    """Return the classes in a file of which one drug is enough."""
    return tuple(Duplicate(row["term"], effects[row["effect"]], row["source"]) for row in rows)
