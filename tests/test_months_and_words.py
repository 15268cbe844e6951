"""Short dates and the words of the catalogue in the page's language."""

import re
from datetime import UTC, datetime
from importlib import import_module

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


# What machines read, and a time of day, which is the same in every language.
SAME_EVERYWHERE = {"c", "U", "Y-m-d", "Ymd", "H:i", "TIME_FORMAT"}
IN_A_TEMPLATE = re.compile(r'\|date:"([^"]*)"')
IN_CODE = re.compile(r'(?:date_format|written_out)\([^"]*,\s*"([^"]+)"\s*\)')


def _used_formats():
    texts = [path.read_text() for path in (settings.BASE_DIR / "templates").rglob("*.*")]
    used = {name for text in texts for name in IN_A_TEMPLATE.findall(text)}
    for room in ("clinic", "diagnosis"):
        for path in (settings.BASE_DIR / room).rglob("*.py"):
            used |= set(IN_CODE.findall(path.read_text()))
    return used - SAME_EVERYWHERE


def test_every_date_is_written_in_a_format_of_its_language():
    used = _used_formats()
    assert "WEEKDAY_DATE_FORMAT" in used
    for language in ("en", "fr", "ar"):
        formats = vars(import_module(f"skinhealth.formats.{language}.formats"))
        # A part of a date, such as the year, has no order and no comma.
        assert {name for name in used if len(name) > 3} - set(formats) == set(), language


def test_a_day_with_its_time_reads_as_its_language_writes_it():
    moment = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
    said = {}
    for language in ("en", "fr", "ar"):
        with translation.override(language):
            said[language] = date_format(moment, "LONG_WEEKDAY_TIME_FORMAT")
    assert said == {
        "en": "Tuesday 1 December, 04:00",
        "fr": "mardi 1 décembre à 04:00",
        "ar": "الثلاثاء 1 ديسمبر، 04:00",
    }


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
