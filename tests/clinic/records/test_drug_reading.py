"""How the words of a line, and those next to a drug's name, are read."""

import pytest

from clinic.models import Allergy, CurrentDrug
from clinic.records.drugs.rows import Written
from clinic.records.drugs.table import drug_table
from clinic.records.services.drug_warnings import check_drugs, precautions_of


def warnings_for(patient, *lines):
    return [each.words for each in check_drugs(lines, precautions_of(patient)).warnings]


@pytest.mark.parametrize(
    "written",
    [
        Written("Kétoconazole 200 mg", dose="1 par jour, lésions du corps"),
        Written("Kétoconazole 200 mg", dose="2 applications"),
        Written("Kétoconazole visage"),
        Written("Kétoconazole", dose="1 par jour, visage"),
        Written("Ciclosporine 100 mg", dose="peau"),
        Written("Tacrolimus 1 mg face"),
        Written("Tacrolimus", strength="1 mg", dose="الوجه"),
        Written("Terbinafine 250 mg", dose="ongles des pieds"),
        Written("Terbinafine", form="peau"),
        Written("Ketoconazole", "cream", "200 mg"),
        Written("Metronidazole gel", strength="1 g"),
        Written("Ketoconazole cream 200 mg"),
        Written("Daktarin"),
        Written("Ruxolitinib"),
        Written("ruxolitinib 1.5 %"),
        Written("روكسوليتينيب"),
        Written("Tacrolimus"),
        Written("Ciclosporine"),
        Written("Clotrimazole"),
        Written("carbamide"),
        Written("Mometasone", form="solution"),
        Written("Ruxolitinib", form="solution", route="by mouth on the skin"),
        Written("Betamethasone", form="solution of moon", route="on the skin"),
    ],
)
def test_a_place_on_the_body_or_a_unit_dose_makes_no_drug_local(written):
    read = drug_table().read_drug(written)
    assert [drug.is_systemic for drug in read.drugs] == [True]
    assert not read.is_site_read


@pytest.mark.parametrize(
    "written",
    [
        Written("Ketoconazole shampoo", dose="lésions du corps"),
        Written("Terbinafine", "crème", "1 %", "sur la peau"),
        Written("Hydrocortisone", "cream", "10 mg/g", "skin"),
        Written("Hydrocortisone cream 10 mg per g"),
        Written("Hydrocortisone cream 30 g"),
        Written("Tacrolimus", "pommade", "0.1 %", "visage"),
        Written("Daktarin cream"),
        Written("Adapalene"),
        Written("Opzelura"),
        Written("Ruxolitinib cream"),
        Written("Betamethasone", form="solution", route="on the skin"),
        Written("Fluorouracil", form="Solution 5 %", route="sur la peau"),
        Written("Bétaméthasone", form="محلول", route="على الجلد"),
        Written("Econazole", form="powder", route="on the skin"),
        Written("Betadine", form="solution"),
    ],
)
def test_a_form_or_a_route_makes_a_drug_local(written):
    read = drug_table().read_drug(written)
    assert [drug.is_systemic for drug in read.drugs] == [False]
    assert read.is_site_read


def test_the_bare_name_of_what_a_cream_holds_is_never_taken_for_the_cream():
    table = drug_table()
    assert not any(drug.is_only_local and drug.is_systemic for drug in table.drugs)
    only_local = {drug.ingredients for drug in table.drugs if drug.is_only_local}
    bare = {drug.ingredients for drug in table.drugs if len(drug.ingredients) == 1} - only_local
    for [ingredient] in bare | {("methylprednisolone",)}:
        read = table.read_drug(Written(ingredient))
        assert all(drug.is_systemic for drug in read.drugs), ingredient


@pytest.mark.django_db
def test_ruxolitinib_without_a_form_meets_what_the_tablets_meet(man):
    [said] = warnings_for(man, Written("Ruxolitinib"), Written("Itraconazole"))
    assert "more of the JAK inhibitor" in said
    cream = Written("Ruxolitinib", "cream", "1.5 %", "on the skin")
    assert warnings_for(man, cream, Written("Itraconazole")) == []


@pytest.mark.django_db
def test_ciclosporin_for_lesions_of_the_body_meets_simvastatin(man):
    CurrentDrug.objects.create(patient=man, drug="Simvastatin")
    line = Written("Ciclosporine 100 mg", dose="1 par jour, lésions du corps")
    assert "Simvastatin" in warnings_for(man, line)[0]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("dose", "1/day + amoxicilline 1 g x3"),
        ("strength", "10 mg + Augmentin 1 g"),
        ("form", "comprimé + Clamoxyl"),
        ("route", "by mouth, avec Augmentin"),
        ("frequency", "daily, with amoxicillin"),
        ("duration", "5 days, puis amoxicilline"),
        ("quantity", "1 box and amoxicillin"),
        ("note", "si douleur, ou Augmentin"),
    ],
)
@pytest.mark.django_db
def test_a_drug_in_any_field_of_a_line_is_checked(field, text, man):
    Allergy.objects.create(patient=man, substance="Penicillin")
    [said] = warnings_for(man, Written("Cetirizine", **{field: text}))
    assert "belongs to the penicillins" in said


@pytest.mark.django_db
def test_a_drug_in_the_dose_of_a_current_drug_is_heeded(man):
    CurrentDrug.objects.create(patient=man, drug="Paracetamol", dose="stop; now Xarelto 20")
    assert "Rivaroxaban" in warnings_for(man, Written("Rifampicin"))[0]


@pytest.mark.django_db
def test_a_note_about_another_line_is_no_second_prescription(man):
    lines = [Written("Methotrexate"), Written("Folic acid", note="not on the methotrexate day")]
    assert warnings_for(man, *lines) == []


def test_what_stands_beside_a_drug_of_the_table_names_no_other_drug():
    for drug in drug_table().drugs:
        written = Written(drug.name, drug.form, drug.strength, drug.route, drug.dose)
        assert len(drug_table().read_drug(written).drugs) == 1


def test_the_arabic_and_before_a_short_word_hides_no_allergy():
    assert drug_table().read_allergy("بنسلين وسلفا").terms == {"penicillins", "sulfonamides"}
