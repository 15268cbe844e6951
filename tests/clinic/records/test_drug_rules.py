"""Which drugs in the table must not be combined, and what the warnings say."""

from datetime import timedelta

import pytest
from django.utils import timezone

from clinic.models import (
    CurrentDrug,
)
from clinic.records.drugs.rows import Written
from clinic.records.drugs.table import drug_table
from tests.clinic.records.drug_findings import by_hand_for, kinds_for, warnings_for


def effects(first, second):
    """Return the effects of the drugs named in two texts on each other."""
    table = drug_table()
    [one], [other] = (table.read_drug(Written(text)).drugs for text in (first, second))
    assert table.effects_between(one, other) == table.effects_between(other, one)
    return " ".join(table.effects_between(one, other))


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("Itraconazole", "Amiodarone", "rhythm of the heart"),
        ("Itraconazole", "Hydroxyzine", "rhythm of the heart"),
        ("Itraconazole", "Quinidine", "heart or the vessels"),
        ("Itraconazole", "Quetiapine", "heart or the vessels"),
        ("Itraconazole", "Amlodipine", "blood pressure falls"),
        ("Metronidazole", "Methadone", "rhythm of the heart"),
        ("Hydroxychloroquine", "Flecainide", "rhythm of the heart"),
        ("Azithromycin", "Colchicine", "colchicine becomes poisonous"),
        ("Roxithromycin", "Colchicine", "colchicine becomes poisonous"),
        ("Pristinamycin", "Colchicine", "colchicine becomes poisonous"),
        ("Azithromycin", "Ergotamine", "vessels may fail"),
        ("Roxithromycin", "Ergotamine", "vessels may fail"),
        ("Clarithromycin", "Ergotamine", "vessels may fail"),
        ("Fluconazole", "Apixaban", "anticoagulant in the blood"),
        ("Fluconazole", "Rivaroxaban", "anticoagulant in the blood"),
        ("Fluconazole", "Edoxaban", "anticoagulant in the blood"),
        ("Fluconazole", "Dabigatran", "anticoagulant in the blood"),
        ("Fluconazole", "Clopidogrel", "clopidogrel loses"),
        ("Voriconazole", "Clopidogrel", "clopidogrel loses"),
        ("Methotrexate", "Azathioprine", "damage to the liver"),
        ("Methotrexate", "Mercaptopurine", "white blood cells"),
        ("Methotrexate", "Isotretinoin", "damage to the liver"),
        ("Methotrexate", "Acitretin", "Do not combine"),
        ("Methotrexate", "Dapsone", "white blood cells"),
        ("Methotrexate", "Metamizole", "bone marrow"),
        ("Propranolol", "Salbutamol", "airways may close. Do not combine"),
        ("Carvedilol", "Formoterol", "airways may close. Do not combine"),
        ("Nadolol", "Symbicort", "airways may close. Do not combine"),
        ("Bisoprolol", "Salbutamol", "Watch the breathing"),
        ("Timolol eye drops", "Salbutamol", "airways may close"),
        ("Miconazole oral gel", "Warfarin", "oral gel is not to be combined"),
        ("Miconazole cream", "Acenocoumarol", "even from the cream"),
        ("Econazole cream", "Warfarin", "even from the cream"),
        ("Bifonazole cream", "Fluindione", "even from the cream"),
        ("Ciclosporin capsules", "Azithromycin", "ciclosporin in the blood"),
        ("Ciclosporin capsules", "Bactrim", "damage to the kidneys"),
        ("Ciclosporin capsules", "Methoxsalen", "skin cancer"),
        ("Ramipril", "Losartan", "kidneys"),
        ("Hydroxychloroquine", "Tamoxifen", "retina"),
        ("Prednisone", "Levofloxacin", "tendons"),
        ("Bexarotene", "Leeloo", "contraception"),
        ("EMLA", "Dapsone", "methaemoglobin"),
        ("Duloxetine", "Ibuprofen", "bleeding"),
    ],
)
def test_what_does_not_go_together_is_known(first, second, words):
    assert words in effects(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Spiramycin", "Colchicine"),
        ("Clotrimazole cream", "Warfarin"),
        ("Ketoconazole shampoo", "Warfarin"),
        ("Azithromycin", "Apixaban"),
        ("Betamethasone cream", "Levofloxacin"),
        ("Isotretinoin", "Salbutamol"),
    ],
)
def test_what_goes_together_is_left_alone(first, second):
    assert effects(first, second) == ""


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Isotretinoin", "Doxycycline"),
        ("Lymecycline", "Acitretin"),
        ("Methotrexate", "Trimethoprim"),
        ("Methotrexate", "Co-trimoxazole"),
        ("Ciclosporin", "Simvastatin"),
        ("Azathioprine", "Allopurinol"),
        ("Itraconazole", "Simvastatin"),
    ],
)
@pytest.mark.django_db
def test_drugs_that_do_not_go_together_are_named(first, second, man):
    assert kinds_for(man, first, second) == ["interaction"]
    CurrentDrug.objects.create(patient=man, drug=second)
    assert kinds_for(man, first) == ["interaction"]
    assert "which the patient takes" in warnings_for(man, first)[0]


@pytest.mark.parametrize(
    ("taken", "drug"),
    [
        ("Coumadin", "Itraconazole"),
        ("Sintrom", "Doxycycline"),
        ("Previscan", "Bactrim"),
        ("Eliquis", "Clarithromycine"),
        ("Xarelto", "Rifampicin"),
        ("Pradaxa", "Ciclosporin capsules"),
        ("Lovenox", "Ibuprofen"),
        ("Plavix", "Ibuprofène"),
        ("Tegretol", "Doxycycline"),
        ("Dépakine", "Meropenem"),
        ("Tahor", "Itraconazole"),
        ("Crestor", "Neoral"),
        ("Imurel", "Adenuric"),
        ("Téralithe", "Ibuprofen"),
        ("Cordarone", "Hydroxychloroquine"),
        ("Leeloo", "Griseofulvin"),
        ("Yasmin", "Rifadine"),
        ("Cerazette", "Isotretinoin"),
        ("Lamictal", "Diane 35"),
        ("Colchicine", "Clarithromycin"),
        ("Diamicron", "Fluconazole"),
        ("méthotrexate", "Amoxicilline"),
        ("كومادين", "إيتراكونازول"),
    ],
)
@pytest.mark.django_db
def test_what_the_patients_of_the_clinic_take_is_heeded(taken, drug, man):
    CurrentDrug.objects.create(patient=man, drug=taken)
    assert kinds_for(man, drug) == ["interaction"]
    assert by_hand_for(man, drug) == []


@pytest.mark.django_db
def test_hydrocortisone_by_mouth_meets_the_drugs_that_the_cream_does_not(man):
    CurrentDrug.objects.create(patient=man, drug="Rifampicin")
    assert kinds_for(man, "Hydrocortisone 20 mg tablet") == ["interaction"]
    assert kinds_for(man, "Hydrocortisone cream") == []


@pytest.mark.django_db
def test_fluorouracil_on_the_skin_still_meets_brivudine(man):
    assert kinds_for(man, "Fluorouracil 5 % cream", "Brivudine") == ["interaction"]


@pytest.mark.django_db
def test_what_stays_on_the_skin_meets_no_other_drug(man):
    assert warnings_for(man, "Ketoconazole shampoo", "Simvastatin") == []
    assert warnings_for(man, "Tretinoin cream", "Doxycycline") == []


@pytest.mark.django_db
def test_a_drug_taken_until_yesterday_is_no_current_one(man):
    yesterday = timezone.localdate() - timedelta(days=1)
    CurrentDrug.objects.create(patient=man, drug="Doxycycline", until=yesterday)
    assert warnings_for(man, "Isotretinoin") == []
