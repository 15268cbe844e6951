"""Find patients by what people type: names in any spelling, numbers, phones, dates of birth."""

import re
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.contrib.postgres.lookups import TrigramWordSimilar
from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import connection, transaction
from django.db.models import Case, Q, QuerySet, TextField, Value, When
from django.utils import timezone

from clinic.core.date_fields import clinic_order
from clinic.core.dates import possible_dates
from clinic.core.digits import western
from clinic.core.phones import EXTENSION, read_phone
from clinic.people.models.patient import Patient
from clinic.people.names import folded, forms_across_scripts, is_nearly, searchable

# Fewer digits of a phone number would match half the register.
MIN_PHONE_DIGITS = 4
# Three figures with a sign between; or a figure, and a word that may be a month.
IN_FIGURES = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}")
WITH_MONTH = re.compile(r"\d.*[^\W\d_]{3}|[^\W\d_]{3}.*\d")
# Shorter words resemble too many names.
SHORTEST_MISSPELT = 3
# PostgreSQL proposes generously, `is_nearly` decides.
PROPOSED_FROM = 0.2
MOST_PROPOSED = 2_000
MOST_MISSPELT = 50

TextField.register_lookup(TrigramWordSimilar)


def find_patients(*, among: QuerySet[Patient], text: str) -> QuerySet[Patient]:
    """Find patients whose names, record number, phone or date of birth match what was typed.

    Whole words come first, then the beginnings of words, then the rest. Where no name fits, names
    that are nearly so are found. Names in the other script, Latin or Arabic, come last.
    """
    birth_dates, rest = _split_dates(western(text))
    # By the name without accents, so that Éloïse comes between Elise and Emma in every database.
    found = among.order_by("search_name", "record_number")
    if birth_dates:
        # An ended record keeps only the year, which does not mean the first of January.
        found = found.filter(birth_date__in=birth_dates, pseudonymised_at__isnull=True)
    if not rest:
        return found
    fits, across = fits_name(rest), across_scripts(rest)
    named = fits.any | _by_number(rest)
    if not found.filter(named).exists():
        named = Q(pk__in=nearly_named(found, rest))
    rank = Case(
        When(_by_number(rest), then=Value(0)),
        When(fits.whole, then=Value(0)),
        When(fits.starts, then=Value(1)),
        When(named, then=Value(2)),
        default=Value(3),
    )
    return found.filter(named | across).order_by(rank, "search_name", "record_number")


@dataclass(frozen=True)
class Fits:
    """How the typed words can fit a name, from the best to the least."""

    whole: Q
    starts: Q
    within: Q

    @property
    def any(self) -> Q:
        """Every fit."""
        return self.starts | self.within


def fits_name(text: str, *, behind: str = "") -> Fits:
    """Return the conditions on a patient's names, or on those of the patient behind a relation."""
    whole, starts, within = Q(), Q(), Q()
    typed = searchable(text).split()
    for word in typed:
        # A sign alone folds to nothing.
        form = " ".join(folded(word)) or word
        whole &= _contains(behind, f" {form} ")
        starts &= _contains(behind, f" {form}")
        within &= (
            _contains(behind, f" {form}")
            | Q(**{f"{behind}folded_name__contains": form})
            | Q(**{f"{behind}search_name__contains": word})
        )
    if not typed:
        return Fits(*[Q(pk__in=[])] * 3)
    joined = "".join(folded("".join(typed)))
    return Fits(whole, starts | _contains(behind, f" {joined}"), within)


def _contains(behind: str, form: str) -> Q:
    return Q(**{f"{behind}folded_name__contains": form}) | Q(
        **{f"{behind}joined_names__contains": form}
    )


def across_scripts(text: str, *, behind: str = "") -> Q:
    """Return the condition on names in the other script that have the consonants of the text."""
    found = Q(pk__in=[])
    for way in forms_across_scripts(folded(text)):
        fit = Q()
        for form in way:
            fit &= Q(**{f"{behind}joined_names__contains": f" {form} "})
        found |= fit
    return found


def is_worth_guessing(typed: list[str]) -> bool:
    """Return whether folded words are long enough to look for names that resemble them."""
    return bool(typed) and not any(
        len(word) < SHORTEST_MISSPELT or word.isdecimal() for word in typed
    )


def nearly_named(among: QuerySet[Patient], text: str) -> list[UUID]:
    """Return the keys of patients whose names are nearly what was typed."""
    typed = folded(text)
    if not is_worth_guessing(typed):
        return []
    rows = _proposed(among, typed).order_by().values_list("pk", "folded_name")
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)",
                    [str(PROPOSED_FROM)],
                )
        found = [
            key
            for key, name in rows
            if all(any(is_nearly(word, known) for known in name.split()) for word in typed)
        ]
    return found[:MOST_MISSPELT]


def _proposed(among: QuerySet[Patient], typed: list[str]) -> QuerySet[Patient]:
    """Return whom PostgreSQL finds similar by its index; elsewhere everybody is compared."""
    if connection.vendor != "postgresql":
        return among
    longest = max(typed, key=len)
    similar = among.filter(folded_name__trigram_word_similar=longest)
    best = similar.order_by(TrigramWordSimilarity(longest, "folded_name").desc())
    return Patient.objects.filter(pk__in=best.values("pk")[:MOST_PROPOSED])


def _split_dates(text: str) -> tuple[list[date], str]:
    """Return the birthdays that the text may name, and what else it says."""
    order, today = clinic_order(), timezone.localdate()
    words = text.split()
    for length in (4, 3, 2, 1):
        for first in range(len(words) - length + 1):
            part = " ".join(words[first : first + length])
            # Without a separator or a name, figures may be a record number or a phone.
            if length == 1 and not IN_FIGURES.fullmatch(part):
                continue
            if length > 1 and not WITH_MONTH.search(part):
                continue
            if days := possible_dates(part, order=order, today=today, is_birth=True):
                return days, " ".join(words[:first] + words[first + length :])
    return [], text


def _by_number(text: str) -> Q:
    """Find patients by record number or phone, however it is written."""
    numbers = Q(pk__in=[])
    if record_number := re.fullmatch(r"[Pp]?[-\s]?(\d{1,9})", text):
        numbers |= Q(record_number=f"P-{int(record_number[1]):06d}")
    if re.fullmatch(r"\+?[\d\s().\-/]{4,}", text):
        phone = read_phone(text)
        if phone and phone.is_valid():
            number = phone.as_e164
            numbers |= Q(phone=number) | Q(phone__startswith=f"{number}{EXTENSION}")
        else:
            digits = re.sub(r"\D", "", text).lstrip("0")
            numbers |= Q(phone__contains=digits) if len(digits) >= MIN_PHONE_DIGITS else Q()
    return numbers
