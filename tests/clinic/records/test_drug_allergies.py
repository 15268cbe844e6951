"""Which drugs an allergy warns about, and which allergies are listed."""

import pytest
from django.utils import timezone

from clinic.models import (
    Allergy,
)
from clinic.records.drugs.table import drug_table
from tests.clinic.records.drug_findings import by_hand_for, warnings_for


@pytest.mark.parametrize("allergy", ["None", "NKDA", "aucune", "لا يوجد", "lanolin", "contrast"])
@pytest.mark.django_db
def test_an_allergy_outside_the_table_is_listed(allergy, man):
    Allergy.objects.create(patient=man, substance=allergy)
    assert len(by_hand_for(man, "Doxycycline")) == 1


@pytest.mark.parametrize(
    "allergy", ["pollens", "hay fever", "strawberries", "غبار", "wasp stings", "poils de chat"]
)
@pytest.mark.django_db
def test_an_allergy_to_what_is_no_drug_is_read(allergy, man):
    Allergy.objects.create(patient=man, substance=allergy)
    assert by_hand_for(man, "Doxycycline") == []


@pytest.mark.parametrize(
    "allergy",
    [
        "Latex",
        "peanut",
        "soja",
        "Nickel",
        "cobalt",
        "cashew nuts",
        "œufs",
        "lait de vache",
        "لاكتوز",
        "sparadrap",
        "gelatine",
        "wool alcohols",
        "parfum",
        "parabens",
        "chlorhexidine",
    ],
)
@pytest.mark.django_db
def test_an_allergy_to_what_drugs_may_hold_is_listed_as_not_checked_against_them(allergy, man):
    Allergy.objects.create(patient=man, substance=allergy)
    assert by_hand_for(man, "Doxycycline") == [
        f"Not checked against the drugs: the allergy “{allergy}”."
    ]


@pytest.mark.parametrize(
    ("allergy", "drug", "words"),
    [
        ("eggs", "Stamaril", "grown in eggs"),
        ("Cobalt", "Vitamine B12", "holds cobalt"),
        ("NSAIDs", "Novalgin", "may return with metamizole"),
        ("Aspirine", "Novalgin", "may return with metamizole"),
        ("néomycine", "Priorix", "traces of neomycin"),
        ("Amoxicillin", "Co-amoxiclav", "contains amoxicillin"),
        ("Penicillin", "Amoxicillin", "belongs to the penicillins"),
        ("Amoxicillin", "Flucloxacillin", "belongs to the penicillins"),
        ("Penicillins", "Cefalexin", "one in fifty"),
        ("Rash after penicillin as a child", "Amoxicillin", "belongs to the penicillins"),
        ("Sulfonamides", "Silver sulfadiazine", "belongs to the sulfonamides"),
        ("sulfamethoxazole", "Silver sulfadiazine", "belongs to the sulfonamides"),
        ("Neomycin", "Neomycin and betamethasone", "contains neomycin"),
        ("Pénicilline", "Amoxicillin", "belongs to the penicillins"),
        ("PCN", "Amoxicillin", "belongs to the penicillins"),
        ("بنسلين", "Amoxicillin", "belongs to the penicillins"),
        ("حساسية من البنسيلين", "Augmentin", "belongs to the penicillins"),
        ("Augmentin", "Amoxicillin", "contains amoxicillin"),
        ("Clamoxyl", "أموكسيسيلين", "contains amoxicillin"),
        ("bêta-lactamines", "Amoxicilline", "belongs to the penicillins"),
        ("sulfamides", "Bactrim", "belongs to the sulfonamides"),
        ("AINS", "Ibuprofène", "belongs to the NSAIDs"),
        ("Aspirine", "Ibuprofen", "belongs to the NSAIDs"),
        ("سلفا", "Bactrim", "belongs to the sulfonamides"),
        ("soja", "Isotretinoin", "soya oil"),
    ],
)
@pytest.mark.django_db
def test_an_allergy_warns_by_ingredient_class_and_across_classes(allergy, drug, words, man):
    Allergy.objects.create(
        patient=man, substance=allergy, code=drug_table().code_of(allergy), reaction="hives"
    )
    [said] = warnings_for(man, drug)
    assert words in said
    assert allergy in said
    assert "hives" in said


@pytest.mark.parametrize(
    ("allergy", "drug"),
    [
        ("Clarithromycin", "Itraconazole"),
        ("Latex", "Amoxicillin"),
        ("Ciclosporin", "Methotrexate"),
        ("Cephalosporins", "Doxycycline"),
    ],
)
@pytest.mark.django_db
def test_an_allergy_to_something_else_does_not_warn(allergy, drug, man):
    Allergy.objects.create(patient=man, substance=allergy, code=drug_table().code_of(allergy))
    assert warnings_for(man, drug) == []


@pytest.mark.django_db
def test_an_allergy_that_was_ended_does_not_warn(man, doctor):
    Allergy.objects.create(
        patient=man,
        substance="penicillins",
        code="penicillins",
        ended_at=timezone.now(),
        ended_by=doctor,
        ended_reason="Tested: tolerated",
    )
    assert warnings_for(man, "Amoxicillin") == []
