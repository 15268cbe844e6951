"""Names in Latin letters and in Arabic ones: how many pairs are found, and how many are wrong."""

from datetime import date
from importlib import import_module

import pytest
from django.apps import apps
from django.urls import reverse

from clinic.models import Patient
from clinic.people.names import are_alike_across_scripts, folded
from clinic.people.services.patients import possible_duplicates
from tests.factories import PatientFactory

PAIRS = [
    tuple(line.rsplit(" ", 1))
    for line in """
Fatima فاطمة
Fatma فاطمة
Mohammed محمد
Mohamed محمد
Mohamad محمد
Ahmed أحمد
Youssef يوسف
Yusuf يوسف
Khadija خديجة
Aicha عائشة
Omar عمر
Ali علي
Hassan حسن
Hussein حسين
Zeinab زينب
Zineb زينب
Mariam مريم
Meryem مريم
Layla ليلى
Leila ليلى
Khalid خالد
Khaled خالد
Said سعيد
Rachid رشيد
Rashid رشيد
Mustafa مصطفى
Moustapha مصطفى
Ibrahim إبراهيم
Brahim إبراهيم
Karim كريم
Nour نور
Noor نور
Samira سميرة
Nadia نادية
Amina أمينة
Hamid حميد
Abdelkader عبدالقادر
Abdullah عبدالله
Benali بنعلي
Tarek طارق
Tariq طارق
Jamal جمال
Djamal جمال
Gamal جمال
Hayat حياة
Salma سلمى
Wafa وفاء
Ouafa وفاء
Nawal نوال
Zahra زهراء
Hicham هشام
Hisham هشام
Idris إدريس
Driss إدريس
Soukaina سكينة
Ghassan غسان
Bouchra بشرى
Bushra بشرى
Sulaiman سليمان
Slimane سليمان
Othman عثمان
Osman عثمان
Mansour منصور
Yasmine ياسمين
Jasmin ياسمين
Iman إيمان
Imane إيمان
""".strip().splitlines()
]
# Names that are not one another, though people from anywhere have them.
OTHERS = """
    Paul Marie Anna Louis Emma Hugo Lea Lucas Jules Manon Thomas Camille Nina Oskar Hans Peter Karl
    Sofia Elena Ivan Olga Laura David Daniel Sarah Simon Martin Lina Mila Noah Adam Eva Ida Kurt Udo
    Uwe Ole Lars Nils Maria Marta Rosa Luca Marco Dario Felix Max Moritz Leon Ben Tim Tom Jan Lisa
    Nora Clara Greta Ella
"""
URL = reverse("clinic:patient_list")


def alike(latin, arabic):
    return are_alike_across_scripts(folded(latin), folded(arabic))


def test_most_spellings_of_one_name_are_alike_and_few_of_others():
    arabic = sorted({arabic for _latin, arabic in PAIRS})
    latin = sorted({latin for latin, _arabic in PAIRS})
    missed = [pair for pair in PAIRS if not alike(*pair)]
    wrong = [
        (one, other)
        for one in (*latin, *OTHERS.split())
        for other in arabic
        if (one, other) not in PAIRS and alike(one, other)
    ]
    # Aicha and Ali have too few consonants to be compared alone.
    assert [one for one, _other in missed] == ["Aicha", "Ali", "Hayat", "Osman", "Jasmin"]
    assert len(wrong) <= 10, wrong
    assert len(PAIRS) == 67


@pytest.mark.parametrize(
    ("latin", "arabic"),
    [
        ("Fatima Zahra Benali", "فاطمة الزهراء بنعلي"),
        ("Fatima Benali", "فاطمة الزهراء بنعلي"),
        ("Abd el-Kader Hassan", "عبد القادر حسن"),
        ("Abdelkader Hassan", "عبد القادر حسن"),
        ("Ali Mansour", "علي منصور"),
    ],
)
@pytest.mark.parametrize("day", [date(1984, 2, 29), date(1984, 2, 28)])
@pytest.mark.django_db
def test_one_person_in_two_scripts_is_noticed_at_registration(latin, arabic, day):
    for known, typed in ((latin, arabic), (arabic, latin)):
        patient = PatientFactory(full_name=known, birth_date=date(1984, 2, 29))
        assert possible_duplicates(full_name=typed, birth_date=day) == [patient]
        patient.delete()


@pytest.mark.parametrize(
    ("latin", "arabic"), [("Fatima Benali", "فاطمة منصور"), ("Ali", "علي"), ("Lea Martin", "علي")]
)
@pytest.mark.django_db
def test_other_names_on_one_birthday_are_not_asked_about(latin, arabic):
    PatientFactory(full_name=arabic, birth_date=date(1984, 2, 29))
    assert possible_duplicates(full_name=latin, birth_date=date(1984, 2, 29)) == []


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("known", "text"),
    [
        ("فاطمة الزهراء", "fatima"),
        ("فاطمة الزهراء", "Zahra Fatima"),
        ("Fatima Zahra", "فاطمة الزهراء"),
        ("عبد القادر حسن", "abdelkader"),
        ("Abdelkader Hassan", "عبد القادر"),
        ("علي منصور", "ali mansour"),
    ],
)
def test_a_name_is_found_in_the_other_script(desk, known, text):
    patient = PatientFactory(full_name=known)
    PatientFactory(full_name="Luc Petit")
    response = desk.post(URL, {"q": text}, follow=True)
    assert list(response.context["page_obj"]) == [patient]


@pytest.mark.both_engines
def test_the_other_script_comes_last_and_hides_no_nearly_written_name(desk):
    names = ["فاطمة", "Fatima Petit", "Hatimafati Roux"]
    for name in names:
        PatientFactory(full_name=name)
    found = desk.post(URL, {"q": "fatima"}, follow=True).context["page_obj"]
    assert [patient.full_name for patient in found] == ["Fatima Petit", "فاطمة"]
    found = desk.post(URL, {"q": "fatyma petit"}, follow=True).context["page_obj"]
    assert [patient.full_name for patient in found] == ["Fatima Petit"]
    found = desk.post(URL, {"q": "fatyma"}, follow=True).context["page_obj"]
    assert [patient.full_name for patient in found] == ["Fatima Petit", "فاطمة"]


@pytest.mark.django_db
def test_a_register_from_before_is_found_across_scripts():
    patient = PatientFactory(full_name="فاطمة الزهراء")
    known = patient.joined_names
    Patient.objects.update(joined_names="")
    import_module("clinic.migrations.0061_names_are_found_across_scripts").fill(apps, None)
    patient.refresh_from_db()
    assert patient.joined_names == known
