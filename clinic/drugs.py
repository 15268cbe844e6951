"""The clinic's own table of drugs: `drugs.json` beside this file, read once.

It is a small local table, not a complete interaction check. To change it, change the file and
raise its version and its date.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from itertools import product
from pathlib import Path
from typing import Any

TABLE_FILE = Path(__file__).with_name("drugs.json")
# On the skin too little is taken up to meet another drug.
SYSTEMIC_ROUTES = {"by mouth", "into the muscle", "under the skin"}


@dataclass(frozen=True)
class Drug:
    """One drug as it is prescribed, with its usual form, strength, route and dose.

    Who is allergic to one of a class may be allergic to all of it; a group only acts alike.
    """

    name: str
    ingredients: tuple[str, ...]
    classes: tuple[str, ...]
    groups: tuple[str, ...]
    form: str
    strength: str
    route: str
    dose: str
    pregnancy: str
    aliases: tuple[str, ...]

    @property
    def substances(self) -> frozenset[str]:
        """What somebody can be allergic to in the drug: its ingredients and their classes."""
        return frozenset(self.ingredients + self.classes)

    @property
    def terms(self) -> frozenset[str]:
        """The words by which rules speak of the drug."""
        return self.substances | set(self.groups)

    @property
    def is_systemic(self) -> bool:
        """Whether the drug reaches the whole body."""
        return self.route in SYSTEMIC_ROUTES


@dataclass(frozen=True)
class Rule:
    """What happens between two ingredients or classes."""

    first: str
    second: str
    effect: str


@dataclass(frozen=True)
class DrugTable:
    """All the drugs and rules of one version of the table."""

    version: str
    dated: date
    drugs: tuple[Drug, ...]
    also_called: tuple[tuple[str, str], ...]
    interactions: tuple[Rule, ...]
    cross_reactions: tuple[Rule, ...]

    @cached_property
    def by_name(self) -> dict[str, Drug]:
        """Drugs by their names and other spellings, in small letters."""
        names = {alias: drug for drug in self.drugs for alias in drug.aliases}
        return names | {drug.name.lower(): drug for drug in self.drugs}

    @cached_property
    def substances(self) -> dict[str, str]:
        """What an allergy may be called, in small letters, and the term that is meant."""
        terms = {term for drug in self.drugs for term in drug.substances}
        return {term.lower(): term for term in sorted(terms)} | dict(self.also_called)

    @property
    def substance_names(self) -> list[str]:
        """What an allergy can be noted as, in the order of the alphabet."""
        return sorted(self.substances)

    def find(self, text: str) -> Drug | None:
        """The drug that a text names, alone or followed by strength and form."""
        text = " ".join(text.lower().split())
        fitting = [name for name in self.by_name if re.match(rf"{re.escape(name)}(?!\w)", text)]
        return self.by_name[max(fitting, key=len)] if fitting else None

    def code_of(self, substance: str) -> str:
        """The ingredient or class that an allergy is about; nothing where the table lacks it."""
        return self.substances.get(" ".join(substance.lower().split()), "")

    def terms_in(self, text: str) -> frozenset[str]:
        """Every ingredient and class that a free text mentions."""
        text = text.lower()
        return frozenset(
            term
            for word, term in self.substances.items()
            if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)
        )

    def classes_of(self, ingredient: str) -> frozenset[str]:
        """The classes of an ingredient: of a drug of it alone, else of those that hold it."""
        holding = [drug for drug in self.drugs if ingredient in drug.ingredients]
        alone = [drug for drug in holding if len(drug.ingredients) == 1]
        return frozenset(each for drug in alone or holding for each in drug.classes)

    def effects_between(self, one: Drug, other: Drug) -> list[str]:
        """What the two do to each other."""
        pairs = {frozenset(pair) for pair in product(one.terms, other.terms)}
        fitting = [
            rule.effect
            for rule in self.interactions
            if frozenset({rule.first, rule.second}) in pairs
        ]
        return list(dict.fromkeys(fitting))

    def cross_effects(self, allergic_to: Iterable[str], drug: Drug) -> list[str]:
        """Why somebody allergic to these terms may react to a drug of another class."""
        known = set(allergic_to)
        return [
            rule.effect
            for rule in self.cross_reactions
            if rule.first in known and rule.second in drug.substances
        ]


@cache
def drug_table() -> DrugTable:
    """The table as it is in service."""
    return read_table(TABLE_FILE)


def read_table(path: Path) -> DrugTable:
    """Reads a table from its file."""
    written = json.loads(path.read_text(encoding="utf-8"))
    return DrugTable(
        version=written["version"],
        dated=date.fromisoformat(written["dated"]),
        drugs=tuple(
            Drug(
                name=drug["name"],
                ingredients=tuple(drug["ingredients"]),
                classes=tuple(drug["classes"]),
                groups=tuple(drug.get("groups", ())),
                form=drug["form"],
                strength=drug["strength"],
                route=drug["route"],
                dose=drug.get("dose", ""),
                pregnancy=drug.get("pregnancy", ""),
                aliases=tuple(drug.get("aliases", ())),
            )
            for drug in written["drugs"]
        ),
        also_called=tuple(written["also_called"].items()),
        interactions=_rules(written["interactions"]),
        cross_reactions=_rules(written["cross_reactions"]),
    )


def _rules(written: Iterable[dict[str, Any]]) -> tuple[Rule, ...]:
    return tuple(
        Rule(first=rule["between"][0], second=rule["between"][1], effect=rule["effect"])
        for rule in written
    )
