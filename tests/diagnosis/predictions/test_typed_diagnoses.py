"""A diagnosis is typed: the clinic's catalogue first, then the dermatological codes of ICD-10."""

import re

import pytest
from django.utils.translation import override

from diagnosis.models import Disease
from diagnosis.predictions.icd10 import LANGUAGES, table
from diagnosis.predictions.services.diagnoses import find_diagnosis, suggest_diagnoses

pytestmark = pytest.mark.django_db


def suggested(text):
    return [str(each) for each in suggest_diagnoses(text)]


def test_the_table_has_each_code_once_with_a_name_in_each_language():
    codes = [row.code for row in table()]
    assert len(codes) == len(set(codes)) > 200
    assert all(re.fullmatch(r"[A-Z]\d\d(\.\d)?", code) for code in codes)
    assert all(row.names[language].strip() for row in table() for language in LANGUAGES)
    for language in LANGUAGES:
        assert len({row.names[language] for row in table()}) == len(codes)
    for chapter in ("B35", "B36", "C43", "C44", "D03", "D04", "D22", "D23", "L40", "L98"):
        assert any(code.startswith(chapter) for code in codes), chapter


def test_every_malignant_chapter_is_malignant():
    malignant = {row.code for row in table() if row.is_malignant}
    assert malignant == {row.code for row in table() if re.match(r"C|D03|D04|L57\.0", row.code)}


def test_the_clinics_catalogue_comes_first():
    first = suggested("psoriasis")
    assert first[0] == "Psoriasis – L40"
    assert "Guttate psoriasis – L40.4" in first


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Guttate psoriasis – L40.4", "L40.4"),
        ("guttate  PSORIASIS", "L40.4"),
        ("L40.4", "L40.4"),
        ("l404", "L40.4"),
        ("Psoriasis en gouttes", "L40.4"),
        ("صدفية نقطية", "L40.4"),
        ("Melanoma of the trunk – C43.5", "C43.5"),
        ("D86.3", "D86.3"),
    ],
)
def test_a_code_is_found_in_every_language_and_joins_the_catalogue_once(typed, code):
    rows = Disease.objects.count()
    found = find_diagnosis(typed)
    assert found.icd10 == code
    assert found.is_malignant is code.startswith("C")
    assert find_diagnosis(typed) == found
    assert Disease.objects.count() == rows + 1
    with override("fr"):
        assert found.local_name == next(row.names["fr"] for row in table() if row.code == code)


def test_a_disease_of_the_catalogue_is_found_by_its_names_and_its_code():
    psoriasis = Disease.objects.get(code="psoriasis")
    psoriasis.synonyms = "Scaly plaques"
    psoriasis.save()
    for typed in ("psoriasis", "Psoriasis – L40", "scaly plaques", "L40"):
        assert find_diagnosis(typed) == psoriasis, typed


@pytest.mark.parametrize("typed", ["", "   ", "psor", "nothing like it", "Another disease", "C44"])
def test_what_names_no_single_disease_is_not_guessed(typed):
    found = find_diagnosis(typed)
    assert found is None or found.code == "icd10-c44"


def test_a_code_with_and_without_its_dot_is_suggested():
    assert suggested("L57.0") == suggested("L570") != []
