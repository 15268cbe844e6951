from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent, Consent, Patient
from clinic.people.names import searchable
from clinic.people.services.patients import register_patient
from tests.clinic.desk import at_once
from tests.factories import PatientFactory
from tests.forms import post_seen

pytestmark = pytest.mark.both_engines

URL = reverse("clinic:patient_register")


def typed(**fields):
    return {
        "full_name": "Zoé Dupont-Ångström",
        "birth_date": "1984-02-29",
        "sex": "female",
        "language": "en",
        **fields,
    }


def test_a_patient_gets_the_next_record_number(desk, secretary):
    PatientFactory(record_number="P-000041")
    response = desk.post(URL, typed(phone="06 98 76 54 32", email="zoe@example.org"))
    patient = Patient.objects.get(full_name="Zoé Dupont-Ångström")
    assert response.url == reverse("clinic:patient_detail", args=[patient.pk])
    assert patient.record_number == "P-000042"
    assert patient.phone.as_e164 == "+33698765432"
    assert patient.search_name == "zoe dupont angstrom"
    event = AuditEvent.objects.get(verb="create", patient=patient)
    assert event.actor == secretary
    assert "Zoé" not in str(event.detail)


def test_the_record_numbers_go_on_after_a_million(secretary):
    PatientFactory(record_number="P-999999")
    names = ["Ann One", "Ben Two"]
    numbers = [
        register_patient(actor=secretary, full_name=name, birth_date=date(1990, 1, 1)).record_number
        for name in names
    ]
    assert numbers == ["P-1000000", "P-1000001"]


@pytest.mark.django_db(transaction=True)
def test_desks_that_register_at_once_all_succeed(secretary):
    def register(number):
        return register_patient(
            actor=secretary, full_name=f"Patient {number}", birth_date=date(1990, 1, 1)
        ).record_number

    numbers = at_once(8, register)
    assert sorted(numbers) == [f"P-{number:06d}" for number in range(1, 9)]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("full_name", "", "Write the patient’s name."),
        ("birth_date", "", "Write the date of birth."),
        ("birth_date", "soon", "This is not a valid date."),
        (
            "birth_date",
            (date.today() + timedelta(days=2)).isoformat(),
            "A date of birth cannot be in the future.",
        ),
        ("birth_date", "1804-01-01", "Check the year of birth."),
        ("phone", "call me", "This is not a complete phone number."),
        ("email", "zoe@", "Enter a valid email address."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(desk, field, value, words):
    response = desk.post(URL, typed(insurer="Mutuelle des Alpes") | {field: value})
    page = response.content.decode()
    assert response.status_code == 422
    assert words in response.context["form"].errors[field][0]
    assert words in page
    assert "Mutuelle des Alpes" in page
    assert not Patient.objects.exists()


def test_somebody_born_today_is_registered(desk):
    today = timezone.localdate().isoformat()
    assert desk.post(URL, typed(birth_date=today)).status_code == 302


@pytest.mark.parametrize(
    "known",
    [
        {"full_name": "DUPONT ANGSTROM Zoe", "phone": ""},
        {"full_name": "Somebody Else", "phone": "+33612345678", "birth_date": date(1950, 1, 1)},
    ],
)
def test_a_likely_duplicate_is_shown_before_anything_is_saved(desk, known):
    other = PatientFactory(**{"birth_date": date(1984, 2, 29), **known})
    response = desk.post(URL, typed(phone="06 12 34 56 78", insurer="Mutuelle des Alpes"))
    page = response.content.decode()
    assert response.status_code == 422
    assert Patient.objects.count() == 1
    assert other.record_number in page
    assert reverse("clinic:patient_detail", args=[other.pk]) in page
    assert "Register anyway" in page
    assert "Mutuelle des Alpes" in page


def test_somebody_else_with_the_same_name_is_no_duplicate(desk):
    PatientFactory(full_name="Zoe Dupont Angstrom", birth_date=date(1950, 1, 1), phone="")
    assert desk.post(URL, typed()).status_code == 302


def test_a_likely_duplicate_is_registered_anyway_with_a_reason(desk):
    other = PatientFactory(full_name="Zoe Dupont Angstrom", birth_date=date(1984, 2, 29))
    response = desk.post(URL, typed(duplicate_reason="Twins"))
    patient = Patient.objects.exclude(pk=other.pk).get()
    assert response.status_code == 302
    event = AuditEvent.objects.get(verb="create", patient=patient)
    assert event.detail == {
        "record_number": patient.record_number,
        "looks_like": [str(other.pk)],
    }
    assert patient.duplicate_reason == "Twins"
    assert "Twins" in desk.get(reverse("clinic:patient_detail", args=[patient.pk])).content.decode()


def test_the_reason_for_somebody_else_is_corrected_where_one_was_given(desk):
    other = PatientFactory(full_name="Zoe Dupont Angstrom", birth_date=date(1984, 2, 29))
    desk.post(URL, typed(duplicate_reason="Twin of Zazie"))
    patient = Patient.objects.exclude(pk=other.pk).get()
    edit = reverse("clinic:patient_edit", args=[patient.pk])

    post_seen(desk, edit, typed(duplicate_reason="Twin"))

    patient.refresh_from_db()
    assert patient.duplicate_reason == "Twin"
    event = AuditEvent.objects.get(verb="update", patient=patient)
    assert event.detail == {"fields": ["duplicate_reason"]}
    page = desk.get(reverse("clinic:patient_edit", args=[other.pk])).content.decode()
    assert "duplicate_reason" not in page


def test_a_reason_without_a_likeness_is_not_kept(desk):
    desk.post(URL, typed(duplicate_reason="Twins"))
    assert Patient.objects.get().duplicate_reason == ""


def test_registering_anyway_without_a_reason_asks_for_it(desk):
    PatientFactory(full_name="Zoe Dupont Angstrom", birth_date=date(1984, 2, 29))
    response = desk.post(URL, typed())
    assert "Say in a few words why." not in response.content.decode()
    response = desk.post(URL, typed(duplicate_reason=" "))
    assert response.context["form"].errors == {"duplicate_reason": ["Say in a few words why."]}
    assert Patient.objects.count() == 1


def test_no_consent_is_given_unless_the_desk_says_how(desk):
    desk.post(URL, typed(consent_ai_analysis="paper", consent_care="spoken"))
    patient = Patient.objects.get()
    given = dict(patient.consents.values_list("purpose", "method"))
    assert given == {"ai_analysis": "paper", "care": "spoken"}
    assert AuditEvent.objects.filter(target_type="clinic.consent", patient=patient).count() == 2


def test_staff_cannot_give_a_consent_in_the_way_of_the_portal(desk):
    assert desk.post(URL, typed(consent_care="portal")).status_code == 422
    assert not Consent.objects.exists()


def test_registering_from_a_booking_goes_back_to_it_with_the_patient(desk):
    back = reverse("clinic:appointment_book", query={"draft": 1})
    response = desk.post(URL, typed(next=back))
    assert response.url == f"{back}&patient={Patient.objects.get().pk}"


def test_registering_goes_to_no_other_site(desk):
    response = desk.post(URL, typed(next="https://elsewhere.example/"))
    assert response.url == reverse("clinic:patient_detail", args=[Patient.objects.get().pk])


def test_only_the_desk_registers(sign_in, admin, doctor, patient):
    for user in (admin, doctor, patient.user):
        client = sign_in(user)
        assert client.get(URL).status_code == 403
        assert client.post(URL, typed()).status_code == 403
    assert not Patient.objects.filter(full_name__startswith="Zoé").exists()


def test_the_form_asks_nothing_medical(desk):
    page = desk.get(URL).content.decode().lower()
    for word in ("allerg", "phototype", "diagnos"):
        assert word not in page


def test_corrections_are_saved_and_the_trail_names_the_fields(desk, patient):
    url = reverse("clinic:patient_edit", args=[patient.pk])
    fields = typed(full_name="Paul Patiént", birth_date="1980-05-17", phone="+33 6 99 88 77 66")
    response = post_seen(desk, url, fields)
    patient.refresh_from_db()
    assert response.url == reverse("clinic:patient_detail", args=[patient.pk])
    assert patient.full_name == "Paul Patiént"
    assert patient.search_name == "paul patient"
    event = AuditEvent.objects.get(verb="update", patient=patient)
    assert event.detail == {"fields": ["email", "full_name", "phone", "sex"]}


def test_a_correction_that_changes_nothing_leaves_no_trace(desk, patient):
    url = reverse("clinic:patient_edit", args=[patient.pk])
    same = {
        "full_name": patient.full_name,
        "birth_date": "1980-05-17",
        "sex": "unknown",
        "phone": str(patient.phone),
        "email": patient.email,
        "language": "en",
    }
    assert post_seen(desk, url, same).status_code == 302
    assert not AuditEvent.objects.filter(verb="update").exists()


def test_a_wrong_correction_changes_nothing(desk, patient):
    url = reverse("clinic:patient_edit", args=[patient.pk])
    response = post_seen(desk, url, typed(full_name="", phone="none"))
    patient.refresh_from_db()
    assert response.status_code == 422
    assert patient.full_name == "Paul Patient"


def test_a_doctor_corrects_patients_in_care_alone(sign_in, doctor, appointment, other_patient):
    client = sign_in(doctor)
    own = reverse("clinic:patient_edit", args=[appointment.patient.pk])
    stranger = reverse("clinic:patient_edit", args=[other_patient.pk])
    assert client.get(own).status_code == 200
    assert client.get(stranger).status_code == 404


def test_an_admin_reads_but_does_not_correct(sign_in, admin, patient):
    url = reverse("clinic:patient_edit", args=[patient.pk])
    assert sign_in(admin).get(url).status_code == 403


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("  Éloïse   O’Connor ", "eloise o connor"),
        ("Łukasz Ørsted", "lukasz orsted"),
        ("Weiß", "weiss"),
        ("JOSÉ-MARÍA", "jose maria"),
    ],
)
def test_names_are_searched_without_accents_and_punctuation(text, found):
    assert searchable(text) == found


def test_a_corrected_name_is_the_accounts_name_too(sign_in, secretary, patient):
    form = sign_in(secretary).get(reverse("clinic:patient_edit", args=[patient.pk])).context["form"]
    typed = {name: value for name, value in form.initial.items() if value is not None}
    post_seen(
        sign_in(secretary),
        reverse("clinic:patient_edit", args=[patient.pk]),
        typed | {"full_name": "Paula Patient"},
    )
    patient.user.refresh_from_db()
    assert patient.user.full_name == "Paula Patient"
