"""Allergies wider than the drug they name, and allergens that are not drugs but may be in one."""

import pytest

from clinic.models import Allergy
from clinic.records.drugs.rows import Written
from clinic.records.drugs.table import drug_table
from tests.clinic.records.drug_findings import warnings_for


@pytest.mark.parametrize(
    ("allergy", "drug", "words"),
    [
        ("imidazoles", "Pevaryl", "belongs to the azole antifungals"),
        ("imidazoles", "Metronidazole", "belongs to the nitroimidazoles"),
        ("penicillin, all antibiotics", "Doxycycline", "belongs to the tetracyclines"),
        ("Penicillin and antibiotics", "Doxycycline", "belongs to the tetracyclines"),
        ("Penicillin all antibiotics", "Doxycycline", "belongs to the tetracyclines"),
        ("Pénicilline, tous antibiotiques", "Pyostacine", "streptogramins"),
        ("antibiotics", "Fucidin cream", "contains fusidic acid"),
        ("بنسلين وجميع المضادات الحيوية", "Doxycycline", "belongs to the tetracyclines"),
        ("بنسلين والمضادات الحيوية", "Doxycycline", "belongs to the tetracyclines"),
        ("Ibuprofen and painkillers", "Tramadol", "belongs to the opioids"),
        ("ibuprofène, tous les antalgiques", "Doliprane", "contains paracetamol"),
        ("بروفين والمسكنات", "Doliprane", "contains paracetamol"),
        ("Terbinafine and antifungals", "Pevaryl", "belongs to the azole antifungals"),
    ],
)
@pytest.mark.django_db
def test_what_widens_an_allergy_warns_of_all_it_means(allergy, drug, words, man):
    Allergy.objects.create(patient=man, substance=allergy)
    assert any(words in said for said in warnings_for(man, drug))


@pytest.mark.parametrize(
    "allergy",
    [
        "penicillin, all",
        "Penicillin and all medicines",
        "Ibuprofen and other drugs",
        "pénicilline, tous les médicaments",
        "بنسلين وجميع الأدوية",
        "penicillin, many things",
    ],
)
def test_what_widens_an_allergy_to_nothing_known_is_not_read(allergy):
    assert not drug_table().read_allergy(allergy).is_whole


@pytest.mark.parametrize(
    "allergy",
    [
        "penicillin antibiotics",
        "Antibiotic: penicillin",
        "antibiotiques de la famille des pénicillines",
        "all penicillins",
        "drug allergy to penicillin",
        "Médicament : pénicilline",
        "بنسلين مضاد حيوي",
    ],
)
def test_a_word_that_only_describes_a_drug_widens_nothing(allergy):
    read = drug_table().read_allergy(allergy)
    assert (read.terms, read.is_whole) == ({"penicillins"}, True)


@pytest.mark.parametrize(
    ("brand", "ingredients"),
    [
        ("Wellvone", {"atovaquone"}),
        ("Colchimax", {"colchicine", "opium", "tiemonium"}),
        ("Cafergot", {"ergotamine", "caffeine"}),
        ("Qlaira", {"estradiol", "dienogest"}),
        ("Zoely", {"estradiol", "nomegestrol"}),
        ("Gaviscon", {"sodium alginate", "sodium bicarbonate"}),
        ("Biseptine", {"chlorhexidine", "benzalkonium", "benzyl alcohol"}),
    ],
)
def test_a_brand_holds_what_it_is_made_of(brand, ingredients):
    assert set(drug_table().find(brand).ingredients) == ingredients


@pytest.mark.parametrize(
    ("written", "is_systemic", "is_read"),
    [
        (Written("Aldara", dose="1 sachet"), False, True),
        (Written("Aldara", form="sachet"), False, True),
        (Written("ألدارا", dose="كيس"), False, True),
        (Written("Aldara", dose="1 sachet by mouth"), True, False),
        (Written("Econazole", dose="1 sachet"), True, False),
        (Written("Monuril", dose="1 sachet"), True, True),
    ],
)
def test_a_sachet_of_a_cream_is_the_cream(written, is_systemic, is_read):
    read = drug_table().read_drug(written)
    assert [drug.is_systemic for drug in read.drugs] == [is_systemic]
    assert read.is_site_read == is_read
