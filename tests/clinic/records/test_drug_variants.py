"""Words after a name that make a different product, and minerals that are a second drug."""

import pytest

from clinic.models import Allergy, CurrentDrug
from clinic.records.drugs.rows import Written
from clinic.records.drugs.table import drug_table
from tests.clinic.records.drug_findings import by_hand_for, kinds_for, warnings_for


@pytest.mark.parametrize(
    "written",
    [
        "Advil Plus",
        "Advil nuit",
        "Advil +",
        "Advil 200 mg plus",
        "Advil Plus Zyrtec",
        "Doliprane nuit",
        "Doliprane Forte",
        "Doliprane-D",
        "Panadol day",
        "Panadol Cold",
        "Panadol Flu",
        "Doliprane Rhume",
        "Advil Duo",
        "Tenormin Comp",
        "Aprovel HCT",
        "Co-Cozaar",
        "Locoid crème H",
        "Ibuprofen plus",
        "Cetirizine D",
        "بنادول مساء",
        "بروفين بلس",
        "Micardis 80/12.5",
        "Kenzen 8 mg/12,5 mg",
        "Olmetec 40 + 12.5 mg",
    ],
)
def test_a_word_that_makes_another_product_of_a_name_is_unread(written):
    read = drug_table().read_drug(Written(written))
    assert read.drugs
    assert not read.is_named


@pytest.mark.parametrize(
    ("written", "ingredients"),
    [
        ("Nurofen Plus", {"ibuprofen", "codeine"}),
        ("نوروفين بلس", {"ibuprofen", "codeine"}),
        ("Fucidin H cream", {"fusidic acid", "hydrocortisone"}),
        ("Panadol Night", {"paracetamol", "diphenhydramine"}),
        ("Claritin-D", {"loratadine", "pseudoephedrine"}),
        ("Zyrtec D", {"cetirizine", "pseudoephedrine"}),
        ("Allegra-D", {"fexofenadine", "pseudoephedrine"}),
        ("Aerius D", {"desloratadine", "pseudoephedrine"}),
        ("Micardis Plus 80/12.5 mg", {"telmisartan", "hydrochlorothiazide"}),
        ("Olmetec Plus", {"olmesartan", "hydrochlorothiazide"}),
        ("Bactrim Forte", {"trimethoprim", "sulfamethoxazole"}),
    ],
)
def test_a_combination_of_the_table_is_read_as_it(written, ingredients):
    read = drug_table().read_drug(Written(written))
    assert [set(drug.ingredients) for drug in read.drugs] == [ingredients]
    assert read.is_named


@pytest.mark.parametrize(
    "written",
    [
        "Doliprane + Advil",
        "warfarin plus digoxin",
        "Levothyrox 75 le matin",
        "Doliprane 1 g matin et soir",
        "Prednisone matin",
        "Zyrtec 10 mg 1/2 cp",
        "Augmentin 1 g/125 mg",
        "Amoxicillin 250 mg/5 ml",
        "Adapalene and benzoyl peroxide 0.1 % + 2.5 %",
        "Losartan potassium",
        "Rosuvastatine calcique",
        "esomeprazole magnesium",
        "Augmentin potassium",
        "Econazole nitrate cream",
    ],
)
def test_what_makes_no_other_product_of_a_name_is_read(written):
    assert drug_table().read_drug(Written(written)).unread == ()


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Vitamine D calcium", ["Vitamin D", "Calcium"]),
        ("Furosemide potassium", ["Furosemide", "Potassium chloride"]),
        ("Furosemide citrate de potassium", ["Furosemide", "Potassium chloride"]),
        ("Levothyrox calcium", ["Levothyroxine", "Calcium"]),
        ("Levothyrox magnésium", ["Levothyroxine", "Magnesium"]),
        ("Levothyrox fer", ["Levothyroxine", "Iron"]),
        ("Doxycycline zinc", ["Doxycycline", "Zinc"]),
        ("Ibuprofen lithium", ["Ibuprofen", "Lithium"]),
        ("لازكس بوتاسيوم", ["Furosemide", "Potassium chloride"]),
        ("atorvastatin plus calcium", ["Atorvastatin", "Calcium"]),
    ],
)
def test_a_mineral_after_a_drug_without_such_a_salt_is_a_second_drug(written, names):
    assert [drug.name for drug in drug_table().read_drug(Written(written)).drugs] == names


@pytest.mark.django_db
def test_what_a_brand_adds_meets_allergies_and_other_drugs(man):
    Allergy.objects.create(patient=man, substance="codeine")
    Allergy.objects.create(patient=man, substance="hydrocortisone")
    assert "contains codeine" in warnings_for(man, "Nurofen Plus")[0]
    assert "contains hydrocortisone" in warnings_for(man, "Fucidin H cream")[0]
    assert by_hand_for(man, "Advil nuit") == [
        "Not checked: “Advil nuit” on the prescription. Not read: nuit."
    ]


@pytest.mark.parametrize(
    ("taken", "drug"),
    [("Vitamine D calcium", "Doxycycline"), ("Furosemide potassium", "Spironolactone")],
)
@pytest.mark.django_db
def test_a_mineral_after_a_current_drug_is_heeded(taken, drug, man):
    CurrentDrug.objects.create(patient=man, drug=taken)
    assert "interaction" in kinds_for(man, drug)
