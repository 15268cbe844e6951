"""What the local drug table knows, and how it reads what is written."""

import re
from collections import defaultdict

import pytest
from django.utils import translation

from clinic.models import (
    Allergy,
    CurrentDrug,
)
from clinic.records.drugs.reading import name_key
from clinic.records.drugs.rows import Written
from clinic.records.drugs.table import drug_table
from tests.clinic.records.drug_findings import by_hand_for, kinds_for, warnings_for


def test_every_rule_of_the_table_speaks_of_a_drug_that_is_in_it():
    table = drug_table()
    terms = {term for drug in table.drugs for term in drug.terms}
    substances = {term for drug in table.drugs for term in drug.substances}
    for rule in table.interactions:
        assert {rule.first, rule.second} <= terms
    for duplicate in table.duplicates:
        assert duplicate.term in terms & table.labels.keys()
    for rule in table.cross_reactions:
        assert rule.second in substances
        assert rule.first in substances | {"soya", "peanut", "egg", "cobalt"}
    for term in table.terms:
        assert set(term.of) <= substances
    assert len({drug.name.lower() for drug in table.drugs}) == len(table.drugs) >= 300


def test_every_row_and_every_rule_names_its_source():
    table = drug_table()
    for row in (
        *table.drugs,
        *table.interactions,
        *table.cross_reactions,
        *table.duplicates,
    ):
        assert row.source.strip(), row
    for drug in table.drugs:
        assert re.fullmatch(r"WHO ATC index [A-Z]\d\d[A-Z]{0,2}\d{0,2}(; SmPC, .+)?", drug.source)
        assert bool(drug.pregnancy) == ("SmPC" in drug.source), drug.name


def test_every_name_and_every_text_stands_in_three_languages():
    table = drug_table()
    wordings = [
        *(drug.label for drug in table.drugs),
        *(term.label for term in table.terms),
        *(rule.effect for rule in (*table.interactions, *table.cross_reactions)),
        *(drug.pregnancy for drug in table.drugs if drug.pregnancy),
    ]
    for wording in wordings:
        assert wording.en.strip(), wording
        assert wording.fr.strip(), wording
        assert re.search("[\u0600-\u06ff]", wording.ar), wording
    for drug in table.drugs:
        assert {*drug.ingredients, *drug.classes} <= table.labels.keys(), drug.name


def test_no_name_belongs_to_two_drugs():
    table = drug_table()
    words = table.drug_lexicon.words
    owners = defaultdict(set)
    for drug in table.drugs:
        for name in drug.names:
            owners[name_key(name, words)].add(frozenset(drug.ingredients))
    assert {key: found for key, found in owners.items() if len(found) > 1} == {}
    for term in table.terms:
        for name in term.names:
            for ingredients in owners.get(name_key(name, words), ()):
                assert any(
                    term.name in drug.substances
                    for drug in table.drugs
                    if frozenset(drug.ingredients) == ingredients
                ), (name, ingredients)
    for allergens in table.written["allergens"]:
        for name in allergens:
            assert name_key(name, words) not in owners


def test_a_name_of_a_drug_is_never_taken_for_a_word_around_it():
    lexicon = drug_table().drug_lexicon
    # Minerals are also salts: after a drug with such a salt they are read as the salt.
    minerals = {(key,) for key in lexicon.words.minerals}
    for key in lexicon.names.keys() - minerals:
        assert key
        assert key not in lexicon.words.sites
        assert not (len(key) == 1 and key[0] in lexicon.words.fillers | lexicon.words.salts)


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("isotretinoin", ["Isotretinoin"]),
        ("Isotretinoin 20 mg capsules", ["Isotretinoin"]),
        ("  ivermectin   cream ", ["Ivermectin cream"]),
        ("Co-trimoxazole", ["Trimethoprim and sulfamethoxazole"]),
        ("Bactrim forte", ["Trimethoprim and sulfamethoxazole"]),
        ("Calcipotriol and betamethasone", ["Calcipotriol and betamethasone"]),
        ("Coumadin", ["Warfarin"]),
        ("Eliquis 5 mg", ["Apixaban"]),
        ("méthotrexate", ["Methotrexate"]),
        ("MÉTHOTREXATE", ["Methotrexate"]),
        ("me\u0301thotrexate", ["Methotrexate"]),
        ("MTX", ["Methotrexate"]),
        ("ميثوتريكسات ١٠ ملغ", ["Methotrexate"]),
        ("ميثوتركسات", ["Methotrexate"]),
        ("مِيثُوتِرِيكسَات", ["Methotrexate"]),
        ("وارفارين وديجوكسين", ["Warfarin", "Digoxin"]),
        ("warfarin and digoxin", ["Warfarin", "Digoxin"]),
        ("methotrexate 10mg + folic acid", ["Methotrexate", "Folic acid"]),
        ("Amoxicillin trihydrate 500mg", ["Amoxicillin"]),
        ("amoxycillin", ["Amoxicillin"]),
        ("Amoxicilline Biogaran 1 g", ["Amoxicillin"]),
        ("Amoxicilline/acide clavulanique", ["Amoxicillin and clavulanic acid"]),
        ("Losartan potassium 50", ["Losartan"]),
        ("atorvastatin calcium", ["Atorvastatin"]),
        ("atorvastatin, calcium", ["Atorvastatin", "Calcium"]),
        ("acide valproïque", ["Valproate"]),
        ("Téralithe LP 400", ["Lithium"]),
        ("Tacrolimus (Protopic) ointment", ["Tacrolimus ointment"]),
        ("Amoxicillin (Clamoxyl)", ["Amoxicillin"]),
        ("pilule", ["Combined contraceptive pill"]),
        ("Prev\u00adiscan", ["Fluindione"]),
    ],
)
def test_a_drug_is_read_as_people_write_it(written, names):
    read = drug_table().read_drug(Written(written))
    assert [drug.name for drug in read.drugs] == names
    assert read.is_named


@pytest.mark.parametrize(
    ("written", "guess"),
    [
        ("", ""),
        ("Sunscreen SPF 50+", ""),
        ("Isotretinoinum", "Isotretinoin"),
        ("amoxcillin", "Amoxicillin"),
        ("warfrin", "Warfarin"),
    ],
)
def test_a_drug_outside_the_table_is_asked_about_and_never_guessed(written, guess):
    read = drug_table().read_drug(Written(written))
    assert not read.is_named
    assert read.drugs == ()
    assert guess in read.guess


@pytest.mark.parametrize(
    "written", ["no warfarin", "warfarin stopped", "not warfarin", "pas de warfarine"]
)
def test_a_denial_is_not_decided_but_left_to_the_doctor(written):
    read = drug_table().read_drug(Written(written))
    assert [drug.name for drug in read.drugs] == ["Warfarin"]
    assert read.unread


@pytest.mark.parametrize(
    ("written", "name", "is_systemic", "is_read"),
    [
        (Written("Hydrocortisone 20 mg tablet"), "Hydrocortisone tablets", True, True),
        (Written("Hydrocortisone", "comprimé"), "Hydrocortisone tablets", True, True),
        (Written("Hydrocortisone", route="voie orale"), "Hydrocortisone tablets", True, True),
        (Written("Hydrocortisone", route="عن طريق الفم"), "Hydrocortisone tablets", True, True),
        (Written("Hydrocortisone", route="sous la peau"), "Hydrocortisone tablets", True, True),
        (Written("Hydrocortisone", route="تحت الجلد"), "Hydrocortisone tablets", True, True),
        (Written("Hydrocortisone 1%", "crème"), "Hydrocortisone cream", False, True),
        (Written("Hydrocortisone", "كريم", "", "على الجلد"), "Hydrocortisone cream", False, True),
        (Written("Hydrocortisone", dose="a thin layer"), "Hydrocortisone cream", False, True),
        (Written("Hydrocortisone"), "Hydrocortisone tablets", True, False),
        (Written("Hydrocortisone", "cream", "", "by mouth"), "Hydrocortisone tablets", True, False),
        (Written("Hydrocortisone", "gizmo"), "Hydrocortisone tablets", True, False),
        (Written("Protopic"), "Tacrolimus ointment", False, True),
        (Written("Protopic", route="by mouth"), "Tacrolimus capsules", True, False),
        (Written("tacrolimus"), "Tacrolimus capsules", True, False),
        (Written("Kétoconazole", "comprimé"), "Ketoconazole tablets", True, True),
        (Written("Ketoconazole shampoo"), "Ketoconazole shampoo", False, True),
        (Written("Ciclosporin eye drops"), "Ciclosporin eye drops", False, True),
        (Written("Ciclosporine collyre"), "Ciclosporin eye drops", False, True),
        (Written("minoxidil mousse"), "Minoxidil solution", False, True),
        (Written("minoxidil 2.5 mg", "cp"), "Minoxidil tablets", True, True),
        (Written("métronidazole gel"), "Metronidazole gel", False, True),
        (Written("Tretinoin", "capsule"), "Tretinoin capsules", True, True),
        (Written("Miconazole oral gel"), "Miconazole oral gel", True, True),
        (Written("Fluorouracil 5 %", "cream"), "Fluorouracil", False, True),
        (Written("Mometasone"), "Mometasone", True, False),
        (Written("Mometasone", "cream"), "Mometasone", False, True),
        (Written("Mometasone", route="by mouth"), "Mometasone", True, False),
        (Written("Mometasone", "gizmo"), "Mometasone", True, False),
        (Written("Methotrexate cream"), "Methotrexate", True, False),
        (Written("Methotrexate"), "Methotrexate", True, True),
    ],
)
def test_the_lines_own_form_and_route_say_how_far_a_drug_reaches(
    written, name, is_systemic, is_read
):
    read = drug_table().read_drug(written)
    [drug] = read.drugs
    assert (drug.name, drug.is_systemic, read.is_site_read) == (name, is_systemic, is_read)


@pytest.mark.django_db
def test_what_cannot_be_read_is_listed_and_what_it_names_still_warns(man):
    CurrentDrug.objects.create(patient=man, drug="the white pill for the heart")
    CurrentDrug.objects.create(patient=man, drug="warfarin and moon dust")
    Allergy.objects.create(patient=man, substance="no penicillin, the blue ones")
    said = " ".join(by_hand_for(man, "Amoxicilin", "Moon water", "Tacrolimus"))
    assert "“the white pill for the heart”, which the patient takes" in said
    assert "“warfarin and moon dust”" in said
    assert "Not read: moon, dust." in said
    assert "the allergy “no penicillin, the blue ones”" in said
    assert "“Moon water” on the prescription" in said
    assert "form and route of “Tacrolimus”" in said
    assert "allergy" in kinds_for(man, "Amoxicilin")
    assert "interaction" in kinds_for(man, "Doxycycline")


@pytest.mark.django_db
def test_texts_of_the_table_follow_the_language_of_the_doctor(man):
    with translation.override("fr"):
        [said] = warnings_for(man, "Isotretinoin", "Doxycycline")
    assert "pression dans le crâne" in said
    assert "Isotrétinoïne" in said
    with translation.override("ar"):
        [said] = warnings_for(man, "Isotretinoin", "Doxycycline")
    assert "الجمجمة" in said
