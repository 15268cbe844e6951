from datetime import date

import pytest
from django.db import connection
from django.urls import reverse

from clinic.models import Allergy, AuditEvent, Patient
from clinic.people.names import searchable
from clinic.people.services.register_search import find_patients
from tests.factories import AppointmentFactory, PatientFactory

pytestmark = pytest.mark.both_engines

URL = reverse("clinic:patient_list")


def known(full_name, **fields):
    return PatientFactory(full_name=full_name, search_name=searchable(full_name), **fields)


@pytest.fixture
def eloise(db):
    return known(
        "Éloïse O’Connor",
        record_number="P-004711",
        phone="+33698765432",
        birth_date=date(1975, 3, 9),
    )


@pytest.fixture
def others(db):
    return [known("Marc Petit", phone="+33611112222"), known("Luc Petit", phone="")]


@pytest.mark.parametrize(
    "text",
    [
        "eloise",
        "ELOÏSE",
        "o'connor elo",
        "P-004711",
        "p4711",
        "4711",
        "06 98 76 54 32",
        "06.98.76.54.32",
        "0033 6 98 76 54 32",
        "+33 (0)6 98-76-54-32",
        "76 54 32",
        "1975-03-09",
        "09/03/1975",
        "09.03.1975",
        "eloise 9/3/1975",
    ],
)
def test_a_patient_is_found_however_it_is_typed(desk, eloise, others, text):
    response = desk.post(URL, {"q": text}, follow=True)
    assert list(response.context["page_obj"]) == [eloise]


@pytest.mark.parametrize("text", ["eloise 1975-03-10", "nobody", "99999", "!!", "06 00 00 00 00"])
def test_what_fits_nobody_finds_nobody(desk, eloise, others, text):
    response = desk.post(URL, {"q": text}, follow=True)
    assert list(response.context["page_obj"]) == []
    assert "No match" in response.content.decode()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Pat O’Brien", "obrien"),
        ("Pat OBrien", "o'brien"),
        ("Jean-Pierre Martin", "jeanpierre"),
        ("Jeanpierre Martin", "jean-pierre"),
        ("Gina D’Angelo", "dangelo"),
        ("Anna Müller", "mueller"),
        ("Anna Mueller", "müller"),
        ("Anna Müller", "mue"),
        ("Anna Muller", "mueller"),
        ("Søren Ågård", "soeren aagaard"),
        ("فاطمة الزهراء", "فاطمه"),
        ("فَاطِمَة الزهراء", "فاطمة الزهرا"),
        ("أحمد على", "احمد علي"),
        ("عبد الله حسن", "عبدالله"),
        ("عبدالله حسن", "عبد الله"),
        ("یاسر کریم", "ياسر كريم"),
        ("مـحـمـد", "محمد"),
        ("Oscar Meyer", "oskar"),
        ("Katrin Maier", "catrin meier"),
        ("John Smith", "jhon"),
    ],
)
def test_a_name_is_found_in_another_spelling(desk, others, name, text):
    patient = known(name)
    response = desk.post(URL, {"q": text}, follow=True)
    assert list(response.context["page_obj"]) == [patient]


def test_whole_words_are_found_first_and_beginnings_before_the_rest(desk):
    names = ["Anton Berger", "Berta Anders", "Johann Ant", "Susanta Rao"]
    for name in names:
        known(name)
    response = desk.post(URL, {"q": "ant"}, follow=True)
    found = [patient.full_name for patient in response.context["page_obj"]]
    assert found == ["Johann Ant", "Anton Berger", "Susanta Rao"]


def test_letters_across_two_words_are_no_name(desk):
    known("Anna Martin")
    response = desk.post(URL, {"q": "nam"}, follow=True)
    assert list(response.context["page_obj"]) == []


@pytest.mark.parametrize("text", ["٤٧١١", "۰۶ ۹۸ ۷۶ ۵۴ ۳۲", "٠٩/٠٣/١٩٧٥"])
def test_numbers_are_found_with_the_digits_of_any_script(desk, eloise, others, text):
    response = desk.post(URL, {"q": text}, follow=True)
    assert list(response.context["page_obj"]) == [eloise]


def test_the_names_of_a_large_register_are_searched_by_an_index(desk):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite compares everybody")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    known("Anna Müller")
    plan = find_patients(among=Patient.objects.all(), text="mueller").explain()
    assert "patient_folded_name_trigrams" in plan
    assert "Seq Scan" not in plan


def test_what_is_typed_stays_out_of_every_address(desk, eloise):
    response = desk.post(URL, {"q": "eloise"}, follow=True)
    assert response.redirect_chain == [(f"{URL}?search=1", 302)]
    assert "eloise" not in response.content.decode().lower().replace('value="eloise"', "")


def test_a_search_keeps_its_words_from_page_to_page(desk, settings, others):
    settings.PAGE_SIZE = 1
    known("Somebody Else")
    first = desk.post(URL, {"q": "petit"}, follow=True)
    second = desk.get(f"{URL}?search=1&page=2")
    assert "?search=1&amp;page=2" in first.content.decode()
    names = [*first.context["page_obj"], *second.context["page_obj"]]
    assert [patient.full_name for patient in names] == ["Luc Petit", "Marc Petit"]


def test_the_list_without_a_search_shows_everybody_again(desk, eloise, others):
    desk.post(URL, {"q": "eloise"})
    assert desk.get(URL).context["page_obj"].paginator.count == 3


def test_while_typing_only_the_rows_come_back(desk, eloise, others):
    response = desk.post(f"{URL}?search=1", {"q": "elo"}, headers={"HX-Request": "true"})
    page = response.content.decode()
    assert "Éloïse O’Connor" in page
    assert "<html" not in page


def test_names_stand_in_order_whatever_their_accents(desk, eloise, others):
    known("Zoé Last")
    names = [patient.full_name for patient in desk.get(URL).context["page_obj"]]
    assert names == ["Éloïse O’Connor", "Luc Petit", "Marc Petit", "Zoé Last"]


def test_a_search_is_audited_by_its_count_and_not_by_its_words(desk, secretary, eloise):
    desk.post(URL, {"q": "eloise"}, follow=True)
    event = AuditEvent.objects.get(verb="search")
    assert event.actor == secretary
    assert event.detail == {"of": "patients", "count": 1}


def test_a_doctor_finds_patients_in_care_alone(sign_in, doctor, eloise, others):
    AppointmentFactory(doctor=doctor.doctor, patient=eloise)
    client = sign_in(doctor)
    assert list(client.get(URL).context["page_obj"]) == [eloise]
    assert list(client.post(URL, {"q": "petit"}, follow=True).context["page_obj"]) == []


def test_an_admin_sees_everybody_and_registers_nobody(sign_in, admin, eloise, others):
    response = sign_in(admin).get(URL)
    assert response.context["page_obj"].paginator.count == 3
    assert reverse("clinic:patient_register") not in response.content.decode()


def test_a_patient_has_no_list_of_patients(sign_in, patient):
    client = sign_in(patient.user)
    assert client.get(URL).status_code == 403
    assert client.post(URL, {"q": "o"}).status_code == 403


def test_the_list_takes_few_queries_however_many_patients(
    desk, django_assert_max_num_queries, others
):
    for number in range(30):
        known(f"Patient {number:02d}")
    with django_assert_max_num_queries(15):
        response = desk.get(URL)
    assert len(response.context["page_obj"]) == 25


def test_the_page_of_a_patient_shows_the_desk_nothing_medical(desk, consultation):
    patient = consultation.patient
    Allergy.objects.create(patient=patient, substance="Penicillin")
    patient.phototype = 2
    patient.save()
    consultation.reason = "Changing mole"
    consultation.conclusion = "Melanocytic nevus"
    consultation.save()
    page = desk.get(reverse("clinic:patient_detail", args=[patient.pk])).content.decode()
    for words in ("Penicillin", "Changing mole", "nevus", "Allerg", "hototype"):
        assert words not in page
    assert reverse("diagnosis:visit", args=[consultation.pk]) not in page
    assert reverse("clinic:appointment_detail", args=[consultation.appointment.pk]) in page


def test_the_page_of_a_patient_links_a_doctor_to_the_visits(sign_in, doctor, consultation):
    url = reverse("clinic:patient_detail", args=[consultation.patient.pk])
    page = sign_in(doctor).get(url).content.decode()
    assert reverse("diagnosis:visit", args=[consultation.pk]) in page
    assert reverse("clinic:appointment_book") not in page


def test_opening_a_patient_is_audited(desk, secretary, patient):
    desk.get(reverse("clinic:patient_detail", args=[patient.pk]))
    event = AuditEvent.objects.get(verb="view", patient=patient)
    assert (event.actor, event.target_id) == (secretary, str(patient.pk))


def test_strangers_find_no_patient(sign_in, other_doctor, other_patient, patient):
    url = reverse("clinic:patient_detail", args=[patient.pk])
    assert sign_in(other_doctor).get(url).status_code == 404
    assert sign_in(other_patient.user).get(url).status_code == 404


def test_patients_read_their_own_data_elsewhere(sign_in, patient):
    url = reverse("clinic:patient_detail", args=[patient.pk])
    assert sign_in(patient.user).get(url).status_code == 403


def test_the_desk_invites_a_patient_without_a_login(desk, patient):
    without = PatientFactory(email="new@example.org")
    page = desk.get(reverse("clinic:patient_detail", args=[without.pk])).content.decode()
    assert reverse("clinic:patient_invite", args=[without.pk]) in page
    page = desk.get(reverse("clinic:patient_detail", args=[patient.pk])).content.decode()
    assert reverse("clinic:patient_invite", args=[patient.pk]) not in page
