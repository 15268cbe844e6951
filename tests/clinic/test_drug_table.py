"""What the local table of drugs knows, and of whom and of what it warns."""

import re
from collections import defaultdict
from datetime import date, timedelta

import pytest
from django.utils import timezone, translation

from clinic.drug_reading import name_key
from clinic.drug_rows import Written
from clinic.drugs import drug_table
from clinic.models import (
    Allergy,
    CurrentDrug,
    Patient,
    WarningOverride,
)
from clinic.services.drug_warnings import check_drugs, precautions_of


@pytest.fixture
def man(patient):
    """The patient, who cannot be pregnant."""
    patient.sex = Patient.Sex.MALE
    patient.save()
    return patient


def findings_for(patient, *drugs):
    written = [drug if isinstance(drug, Written) else Written(drug) for drug in drugs]
    return check_drugs(written, precautions_of(patient))


def warnings_for(patient, *drugs):
    return [warning.words for warning in findings_for(patient, *drugs).warnings]


def kinds_for(patient, *drugs):
    return [warning.kind for warning in findings_for(patient, *drugs).warnings]


def by_hand_for(patient, *drugs):
    return [
        check.words
        for check in findings_for(patient, *drugs).by_hand
        if check.kind == WarningOverride.Kind.NOT_CHECKED
    ]


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
        assert rule.first in substances | {"soya", "peanut"}
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
    # Minerals are salts too: after another drug they are read as its salt.
    minerals = {("calcium",), ("magnesium",), ("zinc",)}
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


@pytest.mark.parametrize("allergy", ["None", "NKDA", "aucune", "لا يوجد", "lanolin", "contrast"])
@pytest.mark.django_db
def test_an_allergy_outside_the_table_is_listed(allergy, man):
    Allergy.objects.create(patient=man, substance=allergy)
    assert len(by_hand_for(man, "Doxycycline")) == 1


@pytest.mark.parametrize(
    "allergy", ["Latex", "peanut", "arachides", "Nickel", "pollens", "cashew nuts", "غبار", "œufs"]
)
@pytest.mark.django_db
def test_an_allergy_to_what_is_no_drug_is_read(allergy, man):
    Allergy.objects.create(patient=man, substance=allergy)
    assert by_hand_for(man, "Doxycycline") == []


@pytest.mark.django_db
def test_texts_of_the_table_follow_the_language_of_the_doctor(man):
    with translation.override("fr"):
        [said] = warnings_for(man, "Isotretinoin", "Doxycycline")
    assert "pression dans le crâne" in said
    assert "Isotrétinoïne" in said
    with translation.override("ar"):
        [said] = warnings_for(man, "Isotretinoin", "Doxycycline")
    assert "الجمجمة" in said


@pytest.mark.django_db
def test_a_known_pregnancy_warns_at_every_age(patient):
    patient.sex = Patient.Sex.FEMALE
    patient.birth_date = date(timezone.localdate().year - 57, 1, 1)
    patient.save()
    assert warnings_for(patient, "Isotretinoin") == []
    patient.pregnancy, patient.pregnancy_asked_on = "yes", timezone.localdate()
    patient.save()
    assert "The patient is pregnant." in warnings_for(patient, "Isotretinoin")[0]


@pytest.mark.parametrize(
    ("answer", "kinds"), [("no", []), ("possible", ["pregnancy"]), ("yes", ["pregnancy"])]
)
@pytest.mark.django_db
def test_what_harms_a_known_pregnancy_warns_of_that_alone(answer, kinds, patient):
    patient.sex = Patient.Sex.FEMALE
    patient.pregnancy, patient.pregnancy_asked_on = answer, timezone.localdate()
    patient.save()
    assert kinds_for(patient, "Ibuprofen") == kinds


@pytest.mark.parametrize("condition", ["Pregnant, 20 weeks", "Grossesse", "حامل"])
@pytest.mark.django_db
def test_a_pregnancy_among_the_conditions_counts(condition, man):
    man.conditions.create(name=condition)
    assert kinds_for(man, "Isotretinoin") == ["pregnancy"]


@pytest.mark.django_db
def test_what_stays_on_the_skin_meets_no_other_drug(man):
    assert warnings_for(man, "Ketoconazole shampoo", "Simvastatin") == []
    assert warnings_for(man, "Tretinoin cream", "Doxycycline") == []


@pytest.mark.parametrize(
    ("allergy", "drug", "words"),
    [
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


@pytest.mark.django_db
def test_the_same_ingredient_twice_is_named(man):
    assert kinds_for(man, "Clobetasol", "Clobetasol") == ["duplicate"]
    said = warnings_for(man, "Calcipotriol and betamethasone", "Betamethasone cream")
    assert said == [
        "betamethasone is prescribed twice: "
        "in Calcipotriol and betamethasone and in Betamethasone cream."
    ]


@pytest.mark.django_db
def test_what_the_patient_takes_already_is_named(man):
    CurrentDrug.objects.create(patient=man, drug="Cetirizine 10 mg")
    assert kinds_for(man, "Cetirizine") == ["duplicate"]


@pytest.mark.django_db
def test_a_drug_taken_until_yesterday_is_no_current_one(man):
    yesterday = timezone.localdate() - timedelta(days=1)
    CurrentDrug.objects.create(patient=man, drug="Doxycycline", until=yesterday)
    assert warnings_for(man, "Isotretinoin") == []


@pytest.mark.parametrize(
    ("sex", "age", "is_warned"),
    [
        ("female", 11, False),
        ("female", 12, True),
        ("female", 55, True),
        ("female", 56, False),
        ("male", 30, False),
        ("unknown", 30, True),
    ],
)
@pytest.mark.parametrize("drug", ["Isotretinoin", "Acitretin", "Methotrexate", "Tretinoin cream"])
@pytest.mark.django_db
def test_a_pregnancy_is_thought_of_by_age_unless_the_record_says_male(
    drug, sex, age, is_warned, patient
):
    patient.sex = sex
    patient.birth_date = date(timezone.localdate().year - age, 1, 1)
    assert kinds_for(patient, drug) == (["pregnancy"] if is_warned else [])
