"""Short dates and the words of the catalogue in the page's language."""

from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format

from clinic.models import BodySite, Symptom, VisitType
from diagnosis.models import Disease, DiseaseStage

MONTHS = [
    *("janv.", "févr.", "mars", "avr.", "mai", "juin"),
    *("juill.", "août", "sept.", "oct.", "nov.", "déc."),
]


def test_french_writes_short_months_without_capitals():
    days = [datetime(2026, month, 3, 9, 5, tzinfo=UTC) for month in range(1, 13)]
    with translation.override("fr"):
        assert [date_format(day, "SHORT_DATE_FORMAT") for day in days] == [
            f"3 {month} 2026" for month in MONTHS
        ]
        assert date_format(days[1], "SHORT_DAY_TIME_FORMAT") == "3 févr., 09:05"
        assert date_format(days[1], "WEEKDAY_TIME_FORMAT").endswith("3 févr., 09:05")
    with translation.override("en"):
        assert date_format(days[1], "SHORT_DATE_FORMAT") == "3 Feb 2026"


def test_no_page_writes_a_short_month_past_the_formats_of_its_language():
    templates = (settings.BASE_DIR / "templates").rglob("*.html")
    assert [path.name for path in templates if " M" in "".join(_formats(path))] == []


def _formats(path):
    return [part.split('"')[0] for part in path.read_text().split('|date:"')[1:]]


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["fr", "ar"])
def test_the_atlas_has_no_english_description_in_another_language(language):
    english = {disease.code: disease.clinical_description for disease in Disease.objects.all()}
    assert english["mel"]
    with translation.override(language):
        for disease in Disease.objects.exclude(clinical_description=""):
            assert disease.local_description != english[disease.code], disease.code
            assert disease.local_name != disease.name or disease.code in SAME_WORD, disease.code


SAME_WORD = {"psoriasis"}


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["fr", "ar"])
@pytest.mark.parametrize("rows", [BodySite, Symptom, VisitType, DiseaseStage])
def test_no_catalogue_that_comes_with_the_site_is_in_english_alone(rows, language):
    assert rows.objects.exists()
    for row in rows.objects.all():
        assert row.translations.get(language, {}).get("name"), row


@pytest.mark.django_db
def test_the_page_of_the_model_names_its_classes_in_the_language_of_the_reader(sign_in, admin):
    admin.language = "fr"
    admin.save()
    page = sign_in(admin).get("/model/").content.decode()
    assert "Nævus mélanocytaire" in page
    assert "Melanocytic" not in page
