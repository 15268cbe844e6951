"""A drug or allergy for which only the class, or a short name, was written."""

import pytest

from clinic.models import Allergy, CurrentDrug
from clinic.records.drugs.rows import Written
from clinic.records.drugs.table import drug_table
from clinic.records.services.drug_warnings import check_drugs, precautions_of

SPELLINGS = [
    ("A.I.N.S.", "nsaids"),
    ("AINS", "nsaids"),
    ("a.i.n.s", "nsaids"),
    ("NSAIDs", "nsaids"),
    ("anti-inflammatoires", "nsaids"),
    ("anti inflammatoire", "nsaids"),
    ("مضادات الالتهاب", "nsaids"),
    ("مضاد للالتهاب", "nsaids"),
    ("PNC", "penicillins"),
    ("pénicillines", "penicillins"),
    ("بنسلين", "penicillins"),
    ("AVK", "vitamin K antagonists"),
    ("A.V.K.", "vitamin K antagonists"),
    ("VKA", "vitamin K antagonists"),
    ("مضادات فيتامين ك", "vitamin K antagonists"),
    ("NACO", "direct oral anticoagulants"),
    ("AOD", "direct oral anticoagulants"),
    ("DOACs", "direct oral anticoagulants"),
    ("anticoagulant", "anticoagulants"),
    ("مميعات الدم", "anticoagulants"),
    ("statine", "statins"),
    ("statine(s)", "statins"),
    ("Statins", "statins"),
    ("ستاتين", "statins"),
    ("IPP", "proton pump inhibitors"),
    ("I.P.P.", "proton pump inhibitors"),
    ("corticoïdes", "corticosteroids"),
    ("corticoides", "corticosteroids"),
    ("كورتيزون", "corticosteroids"),
    ("céphalosporines", "cephalosporins"),
    ("cephalosporine", "cephalosporins"),
    ("سيفالوسبورين", "cephalosporins"),
    ("sulfamides", "sulfonamides"),
    ("سلفا", "sulfonamides"),
    ("macrolides", "macrolides"),
    ("ماكروليد", "macrolides"),
    ("quinolones", "fluoroquinolones"),
    ("كينولون", "fluoroquinolones"),
    ("cyclines", "tetracyclines"),
    ("bêta-bloquants", "beta blockers"),
    ("SMX", "sulfamethoxazole"),
]


def said_of(patient, *drugs):
    findings = check_drugs(map(Written, drugs), precautions_of(patient))
    return " ".join(each.words for each in findings.warnings)


@pytest.mark.parametrize(("written", "term"), SPELLINGS)
def test_a_class_is_read_among_drugs_and_among_allergies(written, term):
    table = drug_table()
    read = table.read_drug(Written(written))
    assert [drug.ingredients for drug in read.drugs] == [(term,)]
    assert read.is_named
    assert read.is_site_read
    assert table.read_allergy(written).terms == {term}
    assert table.read_allergy(written).is_whole


@pytest.mark.parametrize(
    "written", ["bêta-lactamines", "betalactamine", "β-lactams", "بيتا لاكتام"]
)
def test_a_wider_class_stands_for_its_classes(written):
    table = drug_table()
    assert table.read_drug(Written(written)).is_named
    assert {"penicillins", "cephalosporins"} < table.read_allergy(written).terms


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Aspro", "Acetylsalicylic acid"),
        ("Amox 1 g", "Amoxicillin"),
        ("Amoxi-clav", "Amoxicillin and clavulanic acid"),
        ("amoxi clav 1g", "Amoxicillin and clavulanic acid"),
        ("TMP-SMX", "Trimethoprim and sulfamethoxazole"),
    ],
)
def test_a_short_name_is_read(written, name):
    read = drug_table().read_drug(Written(written))
    assert [drug.name for drug in read.drugs] == [name]
    assert read.is_named


def test_a_class_on_the_skin_stays_there_and_bare_does_not():
    table = drug_table()
    [cream] = table.read_drug(Written("corticoïdes", form="crème")).drugs
    [bare] = table.read_drug(Written("corticoïdes")).drugs
    assert (cream.is_systemic, bare.is_systemic) == (False, True)


def test_abbreviations_with_dots_stay_what_they_were():
    read = drug_table().read_drug(Written("Methotrexate 10 mg p.o. q.d."))
    assert [drug.name for drug in read.drugs] == ["Methotrexate"]
    assert read.is_named


@pytest.mark.django_db
def test_what_any_drug_of_a_class_does_is_warned_of(man):
    for taken, drug, words in (
        ("AVK", "Fluconazole", "Measure the INR"),
        ("NACO", "Rifampicin", "thrombosis"),
        ("statine", "Ciclosporin", "muscles may break down. Do not combine"),
        ("IPP", "Mycophenolate", "loses its effect"),
        ("corticoïdes", "Ibuprofen", "stomach"),
        ("macrolides", "Simvastatin", "muscles may break down"),
        ("AINS", "Naproxen", "both belong to the NSAIDs"),
        ("AVK", "Apixaban", "both belong to the anticoagulants"),
    ):
        man.current_drugs.all().delete()
        CurrentDrug.objects.create(patient=man, drug=taken)
        assert words in said_of(man, drug), taken


@pytest.mark.django_db
def test_a_class_of_the_prescription_meets_the_allergy(man):
    for allergy, drug in (("ibuprofène", "AINS"), ("PNC", "pénicilline"), ("SMX", "sulfamides")):
        man.allergies.all().delete()
        Allergy.objects.create(patient=man, substance=allergy)
        assert "belongs to" in said_of(man, drug), allergy


@pytest.mark.django_db
def test_a_class_in_a_note_is_advice_and_no_drug(man):
    line = Written("Methotrexate", note="pas d'anti-inflammatoires")
    assert check_drugs([line], precautions_of(man)).warnings == ()


@pytest.mark.django_db
def test_some_drug_of_a_class_is_no_second_one_of_what_only_others_are(man):
    CurrentDrug.objects.create(patient=man, drug="AINS")
    assert "both belong to" not in said_of(man, "Clopidogrel")
