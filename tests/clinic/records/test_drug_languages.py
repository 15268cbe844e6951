"""A line is suggested, read and printed in the language of whoever reads it."""

from dataclasses import replace

import pytest
from django.utils import translation

from clinic.records.drugs.phrases import LANGUAGES, PARTS
from clinic.records.drugs.reading import Site
from clinic.records.drugs.rows import Written
from clinic.records.drugs.suggestions import suggestions
from clinic.records.drugs.table import drug_table
from clinic.records.services.prescriptions import DraftLine

FRENCH = DraftLine(
    drug="Hydrocortisone",
    form="crème",
    strength="1 %",
    dose="une couche mince",
    route="sur la peau",
    frequency="2x/j",
    duration="pendant 15 jours",
    quantity="2 tubes",
    note="Pas sur le visage.",
)
ENGLISH = replace(
    FRENCH,
    form="cream",
    dose="a thin layer",
    route="on the skin",
    frequency="twice a day",
    duration="15 days",
)
ARABIC = replace(
    FRENCH,
    form="كريم",
    dose="طبقة رقيقة",
    route="على الجلد",
    frequency="مرتين يوميًا",
    duration="15 يومًا",
    quantity="أنبوبان",
)


def said(line, language):
    return [
        drug_table().phrases.say(field, getattr(line, field), language)
        for field in ("form", "dose", "route", "frequency", "duration", "quantity")
    ]


@pytest.mark.parametrize("line", [ENGLISH, FRENCH, ARABIC])
def test_what_is_typed_in_any_language_is_said_in_the_others(line):
    english = ["cream", "a thin layer", "on the skin", "twice a day", "15 days", "2 tubes"]
    french = ["crème", "une couche mince", "sur la peau"]
    arabic = ["كريم", "طبقة رقيقة", "على الجلد"]
    assert said(line, "en") == english
    assert said(line, "fr")[:3] == french
    assert said(line, "fr")[4] in {"15 jours", "pendant 15 jours"}
    assert said(line, "ar")[:3] == arabic
    assert said(line, "ar")[4:] == ["15 يومًا", "أنبوبان"]


@pytest.mark.parametrize(
    ("field", "typed", "english", "french", "arabic"),
    [
        ("dose", "1 comprimé", "1 tablet", "1 comprimé", "قرص واحد"),
        ("dose", "2cp", "2 tablets", "2cp", "قرصان"),
        ("dose", "Un demi-comprimé", "half a tablet", "Un demi-comprimé", "نصف قرص"),
        ("dose", "½ tablet", "½ tablet", "un demi-comprimé", "نصف قرص"),
        ("dose", "three capsules", "three capsules", "3 gélules", "3 كبسولات"),
        ("dose", "١٢ قطرة", "12 drops", "12 gouttes", "١٢ قطرة"),
        ("frequency", "3 fois/jour", "3 times a day", "3 fois/jour", "3 مرات في اليوم"),
        ("frequency", "deux fois par jour", "twice a day", "deux fois par jour", "مرتين في اليوم"),
        (
            "frequency", "3 times daily", "3 times daily", "3 fois par jour", "3 مرات في اليوم",
        ),
        ("frequency", "toutes les 8 heures", "every 8 hours", "toutes les 8 heures", "كل 8 ساعات"),
        ("frequency", "مرة يوميا", "once a day", "une fois par jour", "مرة يوميا"),
        ("frequency", "Le soir", "in the evening", "Le soir", "مساءً"),
        ("frequency", "1 jour sur 2", "every other day", "1 jour sur 2", "يومًا بعد يوم"),
        ("frequency", "weekly", "weekly", "une fois par semaine", "مرة واحدة في الأسبوع"),
        ("frequency", "every day", "every day", "tous les jours", "كل يوم"),
        ("duration", "3 mois", "3 months", "3 mois", "3 أشهر"),
        ("duration", "أسبوعين", "2 weeks", "2 semaines", "أسبوعين"),
        ("dose", "generously", "generously", "généreusement", "بكمية وفيرة"),
        (
            "frequency", "every two hours outdoors", "every two hours outdoors",
            "toutes les 2 heures à l’extérieur", "كل ساعتين في الهواء الطلق",
        ),
        (
            "frequency", "once a week, on Mondays", "once a week, on Mondays",
            "une fois par semaine, le lundi", "مرة واحدة في الأسبوع، يوم الاثنين",
        ),
        ("duration", "au long cours", "long-term", "au long cours", "علاج طويل الأمد"),
        ("quantity", "1 tube of 20 g", "1 tube of 20 g", "1 tube de 20 g", "أنبوب 20 غ"),
        ("route", "on the patch", "on the patch", "sur la plaque", "على البقعة"),
        ("route", "Per os", "by mouth", "Per os", "عن طريق الفم"),
        ("route", "dans l'oeil", "into the eye", "dans l'oeil", "في العين"),
        ("form", "stylo pré-rempli", "pre-filled pen", "stylo pré-rempli", "قلم مملوء مسبقًا"),
    ],
)  # fmt: skip
def test_a_phrase_of_the_table_is_said_in_three_languages(field, typed, english, french, arabic):
    phrases = drug_table().phrases
    heard = [phrases.say(field, typed, language) for language in LANGUAGES]
    assert heard == [english, french, arabic]


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("dose", "1.5 tablets"),
        ("dose", "1,5 comprimé"),
        ("dose", "1-2 tablets"),
        ("dose", "2 comprimés le matin et 1 le soir"),
        ("dose", "0 tablets"),
        ("dose", "120 tablets"),
        ("frequency", "twice a day, never with milk"),
        ("frequency", "not daily"),
        ("route", "on the skin of the left elbow"),
        ("form", "cream or ointment"),
        ("duration", "5 days, then stop"),
    ],
)
def test_what_is_not_a_phrase_of_the_table_stays_as_typed(field, typed):
    assert {drug_table().phrases.say(field, typed, each) for each in LANGUAGES} == {typed}


def test_every_phrase_is_the_same_phrase_in_each_of_its_languages():
    phrases = drug_table().phrases
    for field in PARTS:
        for phrase in phrases.usual[field]:
            for typed in LANGUAGES:
                for spelling in phrase.spellings[typed]:
                    found = phrases.find(field, spelling)
                    assert found is not None, (field, spelling)
                    for language in LANGUAGES:
                        assert found.said(language) == phrase.said(language), (field, spelling)


def test_every_drug_is_suggested_in_three_languages():
    table = drug_table()
    for drug in table.drugs:
        for field in ("form", "route", "dose"):
            text = getattr(drug, field)
            assert not text or table.phrases.find(field, text), (drug.name, text)
        if "unit" in drug.strength:
            assert table.phrases.find("strength", drug.strength), drug.strength


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_what_is_suggested_in_another_language_is_read_as_in_english(language):
    table = drug_table()
    with translation.override("en"):
        english = suggestions().lines
    with translation.override(language):
        other = suggestions().lines
    for drug, line, own in zip(table.drugs, english, other, strict=True):
        first, second = (
            table.read_drug(Written(drug.name, each.form, each.strength, each.route, each.dose))
            for each in (line, own)
        )
        assert [each.name for each in second.drugs] == [each.name for each in first.drugs], own
        assert second.is_site_read == first.is_site_read, own
        assert (second.unread, second.hints) == (first.unread, first.hints), own


def test_a_form_route_or_dose_reaches_as_far_in_every_language():
    table = drug_table()
    for field in ("form", "route", "dose"):
        for phrase in table.phrases.usual[field]:
            sites = [table.drug_lexicon.read(phrase.said(each)).sites for each in LANGUAGES]
            # The nails of a lacquer, and the vagina of a ring, are named in some languages only.
            reaches = [each - {Site.PLACE} if len(each) > 1 else each for each in sites]
            if phrase.said("en") not in {"ring"}:
                assert reaches[1:] == [reaches[0]] * 2, phrase


def test_no_suggested_phrase_is_taken_for_a_drug():
    table = drug_table()
    for field in PARTS:
        for phrase in table.phrases.usual[field]:
            for language in LANGUAGES:
                read = table.read_drug(Written("Cetirizine", **{field: phrase.said(language)}))
                assert read.hints == (), phrase
                # A ring and a coil are also called what they are.
                is_device = phrase.said("en") in {"ring", "intrauterine system"}
                assert is_device or len(read.drugs) == 1, phrase


def test_no_name_of_a_drug_is_another_drug_in_another_language():
    names = {}
    for drug in drug_table().drugs:
        for language in LANGUAGES:
            name = getattr(drug.label, language).lower()
            assert names.setdefault(name, drug.name) == drug.name


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("fr", ["Clobétasol", "crème", "0,05 %", "sur la peau", "une fois par jour"]),
        ("ar", ["كلوبيتازول", "كريم", "0.05 %", "على الجلد", "طبقة رقيقة", "مرة واحدة في اليوم"]),
        ("en", ["Clobetasol", "cream", "0.05 %", "on the skin", "a thin layer", "once a day"]),
    ],
)  # fmt: skip
def test_the_form_suggests_in_the_language_of_the_page(
    language, texts, consultation, doctor, sign_in
):
    doctor.language = language
    doctor.save()
    page = sign_in(doctor).get(f"/visits/{consultation.pk}/").content.decode()
    for text in texts:
        assert f'="{text}"' in page
    assert 'list="usual-route"' in page
    if language != "en":
        assert 'data-route="on the skin"' not in page


def test_a_misspelt_allergen_is_asked_about_in_the_language_it_is_typed_in():
    assert drug_table().read_allergy("graminnees").guess in {"", "graminées"}
    assert drug_table().read_allergy("poussierre").guess in {"", "poussière"}
    assert drug_table().read_allergy("fraisse").guess in {"", "fraise", "fraises"}
