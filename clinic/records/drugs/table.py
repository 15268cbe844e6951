"""The clinic's own drug table: the files in `drug_table` next to this file, read once.

It is a small local table, not a complete interaction check. To change it, change the files and
raise the version and the date in `table.json`. Every row and every rule names its source.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property
from itertools import product
from pathlib import Path
from typing import Any

from clinic.records.drugs.classes import DrugOfClass, drugs_of_classes
from clinic.records.drugs.hints import hints_in
from clinic.records.drugs.phrases import Phrases, phrases_in
from clinic.records.drugs.reading import Key, Lexicon, Meaning, Site, Words, name_key
from clinic.records.drugs.rows import (
    Drug,
    Duplicate,
    ReadAllergy,
    ReadDrugs,
    Rule,
    Term,
    Wording,
    Written,
    drug_in,
    duplicates_in,
    rules_in,
    site_of,
    term_in,
)
from clinic.records.drugs.words import fold, key_of, tokens

TABLE_FOLDER = Path(__file__).with_name("drug_table")
PREGNANCY_CODES = ("Z33", "Z34")


@dataclass(frozen=True)
class DrugTable:
    """All the drugs and rules of one version of the table, and the words that it can read."""

    version: str
    dated: date
    drugs: tuple[Drug, ...]
    terms: tuple[Term, ...]
    interactions: tuple[Rule, ...]
    cross_reactions: tuple[Rule, ...]
    duplicates: tuple[Duplicate, ...]
    written: dict[str, Any]
    phrases: Phrases

    @cached_property
    def classes(self) -> tuple[DrugOfClass, ...]:
        """The classes that people may write instead of a drug."""
        return drugs_of_classes(self.terms, self.drugs)

    @cached_property
    def drug_lexicon(self) -> Lexicon:
        """The names of drugs, and of classes that stand for one."""
        rows = (*self.drugs, *self.classes)
        return Lexicon(self._drug_names(rows), self._words(around=("fillers",)))

    @cached_property
    def allergy_lexicon(self) -> Lexicon:
        """The names of drugs, ingredients and classes, and of allergens that are not drugs."""
        words = self._words(around=("fillers", "reactions"))
        words = replace(words, alls=self._keys("all"))
        names: dict[Key, Meaning] = {}
        for allergens in self.written["allergens"]:
            names |= {name_key(each, words): Meaning(each) for each in allergens}
        for general in self.written["drugs_in_general"]:
            names[name_key(general, words)] = Meaning(general, is_wide=True)
        for term in self.terms:
            meaning = Meaning(term.label, terms=term.terms, is_wide=term.is_wide)
            names |= {name_key(each, words): meaning for each in term.names}
        names |= self._drug_names(self.drugs)
        for allergens in self.written["allergens_in_drugs"]:
            for key in (name_key(each, words) for each in allergens):
                names[key] = replace(names.get(key, Meaning(allergens[0])), is_in_drugs=True)
        return Lexicon(names, words)

    @cached_property
    def labels(self) -> dict[str, Wording]:
        """The names of ingredients and classes in the languages of the site."""
        alone = {
            drug.ingredients[0]: Wording(
                en=drug.label.en.lower(), fr=drug.label.fr.lower(), ar=drug.label.ar
            )
            for drug in self.drugs
            if len(drug.ingredients) == 1 and drug.ingredients[0] == drug.name.lower()
        }
        return alone | {term.name: term.label for term in self.terms}

    @property
    def substance_names(self) -> list[str]:
        """The possible names of an allergy, in alphabetical order."""
        drugs = (str(drug.label) for drug in self.drugs)
        return sorted({*drugs, *(str(term.label) for term in self.terms)}, key=fold)

    def find(self, text: str) -> Drug | None:
        """Return the drug that a text names, if it names exactly one."""
        read = self.read_drug(Written(text))
        return read.drugs[0] if len(read.drugs) == 1 and read.is_named else None

    def read_drug(self, written: Written) -> ReadDrugs:
        """Read the drugs of a line, and how far they reach, from its form and route.

        Classes in its note are not read, because “no anti-inflammatories” is advice.
        """
        reading = self.drug_lexicon.read(written.drug)
        said, is_unreadable = self._sites_of(written, reading.sites)
        products = _products(reading.meanings)
        used = [
            self._as_used(product_, _reached(said, named), is_unreadable)
            for product_, named in products.items()
        ]
        beside = self._named_beside(written.beside, products)
        classes = {frozenset(each.ingredients) for each in self.classes}
        # In a drug with one ingredient, two amounts mean that there is another.
        strengths = list(written.two_strengths if set(map(len, products)) == {1} else ())
        noted = self._named_beside([written.note], {*products, *beside, *classes})
        return ReadDrugs(
            drugs=(*(drug for drug, _is_read in used), *self._whole(beside)),
            noted=self._whole(noted),
            unread=tuple(reading.unread + strengths) if used else (written.drug,),
            is_site_read=all(is_read for _drug, is_read in used),
            guess=self.drug_lexicon.guess(reading.unread),
            hints=self._hints((*written.beside, written.note), self.drug_lexicon),
        )

    def read_allergy(self, text: str) -> ReadAllergy:
        """Read every ingredient, class and allergen that an allergy names."""
        reading = self.allergy_lexicon.read(text)
        guess = self.allergy_lexicon.guess(reading.unread)
        is_in_drugs = any(each.is_in_drugs for each in reading.meanings)
        return ReadAllergy(reading.terms, reading.is_whole, guess, is_in_drugs)

    def unread_in_reaction(self, reaction: str, allergic_to: frozenset[str]) -> tuple[str, ...]:
        """Return the drugs that a reaction names, which caused it or were its treatment."""
        reading = self.allergy_lexicon.read(reaction)
        named = [str(each.label) for each in reading.meanings if _terms(each) - allergic_to]
        return tuple(dict.fromkeys([*named, *self._hints([reaction], self.allergy_lexicon)]))

    def drugs_in_condition(self, condition: str, known: frozenset[str]) -> tuple[str, ...]:
        """Return drugs named in a condition that are not known yet: taken, or not tolerated.

        Misspelt and unknown names are ignored, because illnesses resemble drugs too much.
        """
        harmless = known | set(self.written["of_the_body"])
        meanings = self.drug_lexicon.read(condition).meanings
        return tuple(dict.fromkeys(str(each.label) for each in meanings if each.product - harmless))

    def code_of(self, substance: str) -> str:
        """Return the ingredients or classes of an allergy, or "" if any part is unknown."""
        read = self.read_allergy(substance)
        return ", ".join(sorted(read.terms)) if read.is_whole else ""

    def is_pregnancy(self, condition: str, icd10: str) -> bool:
        """Return whether a condition says that the patient is pregnant."""
        known = {key_of(fold(word)) for word in self.written["pregnancy"]}
        words = (key_of(word) for word in tokens(condition))
        return icd10.startswith(PREGNANCY_CODES) or any(word in known for word in words)

    def label_of(self, term: str) -> str:
        """Return the name of an ingredient or class in the reader's language."""
        return str(self.labels.get(term, term))

    def classes_of(self, ingredient: str) -> frozenset[str]:
        """Return the classes of an ingredient: of its own drug, else of drugs that contain it."""
        holding = [drug for drug in self.drugs if ingredient in drug.ingredients]
        alone = [drug for drug in holding if len(drug.ingredients) == 1]
        return frozenset(each for drug in alone or holding for each in drug.classes)

    def effects_between(self, one: Drug, other: Drug) -> list[str]:
        """Return what the two do to each other."""
        if set(one.ingredients) == set(other.ingredients):
            return []
        pairs = {frozenset(pair) for pair in product(one.terms, other.terms)}
        is_systemic = one.is_systemic and other.is_systemic
        fitting = [
            str(rule.effect)
            for rule in self.interactions
            if (is_systemic or rule.is_local_too) and frozenset({rule.first, rule.second}) in pairs
        ]
        return list(dict.fromkeys(fitting))

    def class_of_both(self, one: Drug, other: Drug) -> Duplicate | None:
        """Return the class that both drugs belong to, if one drug of it is enough."""
        is_same = bool(set(one.ingredients) & set(other.ingredients))
        if is_same or not (one.adds_up and other.adds_up):
            return None
        shared = one.certain_terms & other.certain_terms
        return next((each for each in self.duplicates if each.term in shared), None)

    def cross_effects(self, allergic_to: Iterable[str], drug: Drug) -> list[str]:
        """Return why an allergy to these terms may extend to a drug of another class."""
        known = set(allergic_to)
        fitting = [
            str(rule.effect)
            for rule in self.cross_reactions
            if rule.first in known and rule.second in drug.substances
        ]
        return list(dict.fromkeys(fitting))

    def _sites_of(self, written: Written, said: set[Site]) -> tuple[set[Site], bool]:
        """Return how far a line says its drug reaches, and whether form or route was not read."""
        form = self.drug_lexicon.read(written.form).sites - {Site.PLACE}
        route = self.drug_lexicon.read(written.route).sites
        if Site.PLACE in route:
            route = route - {Site.PLACE} or {Site.LOCAL}
        dose = self.drug_lexicon.read(f"{written.strength} {written.dose}").sites
        sites = (said | form | route | dose) - {Site.PLACE}
        is_form_read = bool(form) or self._may_reach_anything(written.form)
        is_route_read = bool(route) or not written.route.strip()
        return sites, not (is_form_read and is_route_read) or written.is_unit_dose

    def _may_reach_anything(self, form: str) -> bool:
        """Return whether the form is missing or does not tell how far the drug reaches."""
        reading = self.drug_lexicon.read(form)
        known = {key_of(fold(each)) for each in self.written["forms_of_any_reach"]}
        is_known = any(key_of(word) in known for word in tokens(form))
        return not form.strip() or (is_known and not reading.unread and not reading.meanings)

    def _hints(self, texts: Iterable[str], lexicon: Lexicon) -> tuple[str, ...]:
        return hints_in(texts, lexicon, self.written["no_drugs"])

    def _named_beside(
        self, texts: Iterable[str], known: Iterable[frozenset[str]]
    ) -> dict[frozenset[str], set[Site]]:
        """Return other products that are named in texts meant for something else."""
        meanings = (each for text in texts for each in self.drug_lexicon.read(text).meanings)
        return {
            product_: sites
            for product_, sites in _products(meanings).items()
            if product_ not in set(known)
        }

    def _whole(self, products: dict[frozenset[str], set[Site]]) -> tuple[Drug, ...]:
        """Return the rows of products, taken to reach the whole body unless they cannot."""
        return tuple(
            self._as_used(product_, named, is_unreadable=False)[0]
            for product_, named in products.items()
        )

    def _as_used(
        self, product_: frozenset[str], meant: set[Site], is_unreadable: bool
    ) -> tuple[Drug, bool]:
        """Return the row of a product as a line uses it, and whether form and route were read.

        If they were not read, the drug is taken to reach the whole body.
        """
        known = (*self.drugs, *self.classes)
        rows = [drug for drug in known if frozenset(drug.ingredients) == product_]
        sites = {site_of(drug) for drug in rows}
        is_class_alone = isinstance(rows[0], DrugOfClass) and not meant
        is_read = is_class_alone or (
            len(meant) == 1 and meant <= sites and not (meant == {Site.LOCAL} and is_unreadable)
        )
        site = next(iter(meant)) if is_read and meant else Site.SYSTEMIC
        fitting = [drug for drug in rows if site_of(drug) == site]
        drug = fitting[0] if fitting else replace(rows[0], route="by mouth")
        return drug, is_read

    def _drug_names(self, known: Iterable[Drug]) -> dict[Key, Meaning]:
        words = self._words(around=())
        rows: dict[Key, list[Drug]] = defaultdict(list)
        # Without its form, a brand with several forms does not tell how far it reaches. The name of
        # a cream's ingredient may mean tablets that the table does not have.
        by_form: set[Key] = set()
        brands: set[Key] = set()
        for drug in known:
            for name in drug.names:
                key = name_key(name, words)
                rows[key].append(drug)
                brands |= {key} if drug.is_brand(name) else set()
                is_form_named = key != name_key(name, replace(words, sites={}))
                is_open = not (drug.is_systemic or drug.is_only_local or drug.is_brand(name))
                if is_open or (name in drug.also and is_form_named):
                    by_form.add(key)
        return {
            key: Meaning(
                label=drugs[0].label,
                product=frozenset(drugs[0].ingredients),
                site=None if key in by_form else _only_site(drugs),
                is_brand=key in brands,
            )
            for key, drugs in rows.items()
        }

    def _words(self, around: Iterable[str]) -> Words:
        joints = frozenset(fold(word) for word in self.written["joints"])
        sites = {
            tuple(key_of(word) for word in fold(phrase).split()): Site(site)
            for site, phrases in self.written["sites"].items()
            for phrase in phrases
        }
        return Words(
            sites=sites,
            fillers=frozenset().union(*(self._keys(part) for part in around)),
            salts=self._keys("salts"),
            joints=joints,
            variants=self._keys("variants"),
            brand_variants=self._keys("brand_variants"),
            minerals={
                key_of(fold(word)): frozenset(mineral["salt_of"])
                for mineral in self.written["minerals"]
                for word in mineral["names"]
            },
        )

    def _keys(self, part: str) -> frozenset[str]:
        return frozenset(key_of(fold(word)) for word in self.written[part])


def _terms(meaning: Meaning) -> frozenset[str]:
    return meaning.product | meaning.terms


def _reached(said: set[Site], named: set[Site]) -> set[Site]:
    """Return how far a drug reaches by its line and its name: a sachet of a cream is cream."""
    swallowed = {Site.SYSTEMIC} if Site.CONTAINER in said and named != {Site.LOCAL} else set()
    return (said - {Site.CONTAINER}) | named | swallowed


def _only_site(drugs: Iterable[Drug]) -> Site | None:
    sites = {site_of(each) for each in drugs}
    return sites.pop() if len(sites) == 1 else None


def _products(meanings: Iterable[Meaning]) -> dict[frozenset[str], set[Site]]:
    products: dict[frozenset[str], set[Site]] = {}
    for each in meanings:
        products.setdefault(each.product, set()).update({each.site} if each.site else ())
    return products


@cache
def drug_table() -> DrugTable:
    """Return the table that is in use."""
    return read_table(TABLE_FOLDER)


def read_table(folder: Path) -> DrugTable:
    """Read a table from the files of a folder."""

    def read(name: str) -> Any:
        return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))

    about = read("table")
    effects = {key: Wording(**words) for key, words in read("effects").items()}
    return DrugTable(
        version=about["version"],
        dated=date.fromisoformat(about["dated"]),
        drugs=tuple(drug_in(row, effects) for name in about["drugs"] for row in read(name)),
        terms=tuple(map(term_in, read("terms"))),
        interactions=rules_in(read("interactions"), effects),
        cross_reactions=rules_in(read("cross_reactions"), effects),
        duplicates=duplicates_in(read("duplicates"), effects),
        written=read("words"),
        phrases=phrases_in(read("phrases")),
    )
