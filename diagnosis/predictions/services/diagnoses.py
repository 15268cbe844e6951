"""A diagnosis as it is typed: the clinic's catalogue first, then the codes of ICD-10."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.utils.translation import get_language

from clinic.people.names import folded, searchable
from diagnosis.predictions.icd10 import Code, table
from diagnosis.predictions.models.disease import Disease

MOST_SUGGESTIONS = 12
# The disease of a diagnosis that is written in the doctor's own words.
OWN_WORDS = "other"


@dataclass(frozen=True)
class Suggestion:
    """A diagnosis that may be meant; its text can be typed back."""

    name: str
    code: str

    def __str__(self) -> str:
        return f"{self.name} – {self.code}" if self.code else self.name


def suggest_diagnoses(text: str) -> list[Suggestion]:
    """Return what the text may mean, the best first."""
    words = folded(text)
    if not words:
        return []
    offered = [disease for disease in _catalogue() if _fits(_words_of(disease), words)]
    known = {str(_of_disease(disease)) for disease in offered}
    coded = [_of_code(each.code) for each in _coded() if _fits(each.words, words)]
    # A word of the name weighs more than the beginning of one.
    coded.sort(key=lambda each: not set(words) <= set(folded(str(each))))
    rows = [_of_disease(disease) for disease in offered]
    rows += [each for each in coded if str(each) not in known]
    return rows[:MOST_SUGGESTIONS]


def disease_named(text: str) -> Disease | None:
    """Return the one disease of the catalogue that the text names, or None."""
    typed = _squeezed(text)
    if not typed:
        return None
    offered = list(_catalogue())
    for disease in offered:
        if typed in _names_of(disease):
            return disease
    by_code = [disease for disease in offered if _squeezed(disease.icd10) == typed]
    return by_code[0] if len(by_code) == 1 else None


def find_diagnosis(text: str) -> Disease | None:
    """Return the one disease that the text names, or None; a code of ICD-10 joins the catalogue."""
    if (disease := disease_named(text)) is not None:
        return disease
    typed = _squeezed(text)
    found = next((each.code for each in _coded() if typed and typed in each.names), None)
    return None if found is None else _joined(found)


@dataclass(frozen=True)
class _Coded:
    """A code with the words that find it and the names that mean it."""

    code: Code
    words: list[str]
    names: set[str]


@cache
def _coded() -> tuple[_Coded, ...]:
    # The table never changes, and somebody who types asks for it several times a second.
    return tuple(_Coded(code, _words_of_code(code), _names_of_code(code)) for code in table())


def _catalogue() -> Iterable[Disease]:
    return Disease.objects.offered().exclude(code=OWN_WORDS)


def _joined(code: Code) -> Disease:
    """Return the catalogue's row of a code; it is not offered again until an admin says so."""
    english, *others = code.names.items()
    row, _is_new = Disease.objects.get_or_create(
        code=code.slug,
        defaults={
            "name": english[1],
            "icd10": code.code,
            "is_malignant": code.is_malignant,
            "translations": {language: {"name": name} for language, name in others},
            "is_active": False,
        },
    )
    return row


def _of_disease(disease: Disease) -> Suggestion:
    return Suggestion(disease.local_name, disease.icd10)


def _of_code(code: Code) -> Suggestion:
    language = (get_language() or "en").partition("-")[0]
    return Suggestion(code.names.get(language, code.names["en"]), code.code)


def _words_of(disease: Disease) -> list[str]:
    words = folded(" ".join(disease.every_name))
    return [*words, *_spellings(disease.icd10), *_spellings(disease.icd11)]


def _words_of_code(code: Code) -> list[str]:
    return [*folded(" ".join(code.names.values())), *_spellings(code.code)]


def _spellings(code: str) -> list[str]:
    """Return a code with and without its dot, because both are typed."""
    return [*searchable(code).split(), _squeezed(code)]


def _names_of(disease: Disease) -> set[str]:
    names = disease.every_name
    return {_squeezed(each) for name in names for each in (name, f"{name} {disease.icd10}")}


def _names_of_code(code: Code) -> set[str]:
    names = code.names.values()
    typed = [code.code, *names, *(f"{name} {code.code}" for name in names)]
    return {_squeezed(each) for each in typed}


def _squeezed(text: str) -> str:
    return "".join(searchable(text).split())


def _fits(known: list[str], words: list[str]) -> bool:
    return all(any(each.startswith(word) for each in known) for word in words)
