"""What a page suggests while a prescription is typed, in the reader's language."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.utils.translation import get_language

from clinic.records.drugs.phrases import LANGUAGES, PARTS, Phrase
from clinic.records.drugs.rows import Drug
from clinic.records.drugs.table import DrugTable, drug_table


@dataclass(frozen=True)
class Suggestion:
    """A text for a field, with what the same is called in the other languages."""

    text: str
    also: str


@dataclass(frozen=True)
class UsualLine:
    """A drug with its usual form, strength, route and dose."""

    name: Suggestion
    form: str
    strength: str
    route: str
    dose: str


@dataclass(frozen=True)
class Suggestions:
    """The drugs of the table, and what is often written in the other fields of a line."""

    lines: tuple[UsualLine, ...]
    fields: tuple[tuple[str, tuple[Suggestion, ...]], ...]


def suggestions() -> Suggestions:
    """Return the suggestions in the language of the page."""
    return _suggestions(page_language())


def page_language() -> str:
    """Return the language of the page as the table names it."""
    language = (get_language() or "")[:2]
    return language if language in LANGUAGES else LANGUAGES[0]


@cache
def _suggestions(language: str) -> Suggestions:
    table = drug_table()
    fields = {part: _of_phrases(table.phrases.usual[part], language) for part in PARTS}
    lines = tuple(_line(drug, table, language) for drug in table.drugs)
    return Suggestions(lines, tuple(fields.items()))


def _line(drug: Drug, table: DrugTable, language: str) -> UsualLine:
    def said(field: str) -> str:
        return table.phrases.say(field, getattr(drug, field), language)

    strength = said("strength")
    names = {each: getattr(drug.label, each) for each in LANGUAGES}
    return UsualLine(
        name=_suggestion(names[language], names.values()),
        form=said("form"),
        strength=strength.replace(".", ",") if language == "fr" else strength,
        route=said("route"),
        dose=said("dose"),
    )


def _of_phrases(phrases: Iterable[Phrase], language: str) -> tuple[Suggestion, ...]:
    return tuple(
        _suggestion(phrase.said(language), map(phrase.said, LANGUAGES)) for phrase in phrases
    )


def _suggestion(text: str, all_languages: Iterable[str]) -> Suggestion:
    others = dict.fromkeys(each for each in all_languages if each != text)
    return Suggestion(text, "|".join(others))
