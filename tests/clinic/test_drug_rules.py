"""Which drugs of the table do not go together, and what is said of them."""

import pytest

from clinic.drug_rows import Written
from clinic.drugs import drug_table


def effects(first, second):
    """Return what the drugs that two texts name do to each other."""
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
