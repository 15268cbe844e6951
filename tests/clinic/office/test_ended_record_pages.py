"""What the pages show of an ended record, and which forms no longer open."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from clinic.models import Consent, Patient
from clinic.office.services.erasure import pseudonymise_patient
from clinic.people.services.consents import withdraw_consent
from clinic.people.services.register_search import find_patients
from clinic.records.services.papers import _patient
from diagnosis.lesions.services.lesions import create_lesion
from tests.factories import AppointmentFactory, ConsentFactory, ConsultationFactory

pytestmark = pytest.mark.usefixtures("media")

MIGRATION = "clinic.migrations.0047_consents_that_ended_with_the_record"


@pytest.fixture
def ended(patient, doctor, admin, secretary):
    """Return an ended record with a visit signed today, a lesion and two consents."""
    done = AppointmentFactory(patient=patient, doctor=doctor.doctor, status="completed")
    ConsultationFactory(
        appointment=done, conclusion="A mole.", signed_at=timezone.now(), signed_by=doctor
    )
    create_lesion(patient=patient)
    ConsentFactory(patient=patient, purpose="training", recorded_by=secretary)
    pseudonymise_patient(patient=patient, actor=admin, why="erasure")
    return Patient.objects.get(pk=patient.pk)


def test_of_a_living_record_the_whole_date_of_birth_is_said(patient):
    assert patient.born == "17 May 1980"


@pytest.mark.parametrize("who", ["secretary", "doctor"])
def test_pages_of_an_ended_record_say_the_year_of_birth_alone(ended, sign_in, request, who):
    browser = sign_in(request.getfixturevalue(who))
    addresses = [reverse("clinic:patient_detail", args=[ended.pk]), reverse("clinic:patient_list")]
    if who == "doctor":
        addresses += [
            reverse("diagnosis:visit", args=[ended.consultations.get().pk]),
            reverse("clinic:visit_patient", args=[ended.consultations.get().pk]),
        ]
    for address in addresses:
        text = browser.get(address).content.decode()
        assert "1980" in text or "visits" in address
        assert "January 1980" not in text


def test_a_print_of_an_ended_record_says_the_year_of_birth_alone(ended):
    assert _patient(ended)["birth_date"] == "1980"


def test_the_list_of_a_day_says_no_age_of_an_ended_record(ended, doctor, sign_in):
    text = sign_in(doctor).get(reverse("clinic:doctor_day")).content.decode()

    assert ended.record_number in text
    assert " years" not in text


def test_nobody_is_found_by_a_birthday_that_is_not_known_any_more(ended, other_patient):
    Patient.objects.filter(pk=other_patient.pk).update(birth_date="1980-01-01")

    assert list(find_patients(among=Patient.objects.all(), text="1980-01-01")) == [other_patient]


def test_an_ended_record_is_not_called_readable(ended, secretary, sign_in):
    page = sign_in(secretary).get(reverse("clinic:patient_detail", args=[ended.pk]))

    assert "able to read the record" not in page.content.decode()
    assert "The login ended with the record." in page.content.decode()


def test_nobody_withdrew_what_ended_with_the_record(ended, admin, secretary, sign_in):
    consent = Consent.objects.get(purpose="training")
    assert consent.withdrawn_by is None

    page = sign_in(secretary).get(reverse("clinic:patient_detail", args=[ended.pk]))

    assert "ended with the record" in page.content.decode()
    assert admin.full_name not in page.content.decode()


def test_who_withdrew_before_the_record_ended_stays_named(patient, secretary, admin):
    consent = ConsentFactory(patient=patient, purpose="training", recorded_by=secretary)
    withdraw_consent(consent=consent, actor=secretary)
    pseudonymise_patient(patient=patient, actor=admin, why="erasure")

    assert Consent.objects.get(purpose="training").withdrawn_by == secretary


def test_consents_that_an_admin_seemed_to_withdraw_are_put_right(ended, admin, other_patient):
    Consent.objects.filter(patient=ended).update(withdrawn_by=admin)
    ConsentFactory(patient=other_patient, withdrawn_at=timezone.now(), withdrawn_by=admin)

    import_module(MIGRATION).forget_who_ended_the_record(apps, connection.schema_editor())

    assert not ended.consents.filter(withdrawn_by__isnull=False).exists()
    assert other_patient.consents.get().withdrawn_by == admin


FORMS = {
    "correction": ("secretary", lambda p: reverse("clinic:patient_edit", args=[p.pk])),
    "booking": ("secretary", lambda p: f"{reverse('clinic:appointment_book')}?patient={p.pk}"),
    "walk-in": ("secretary", lambda p: f"{reverse('clinic:walk_in')}?patient={p.pk}"),
    "account": ("admin", lambda p: reverse("clinic:account_edit", args=[p.user_id])),
    "way back": ("admin", lambda p: reverse("clinic:account_reactivate", args=[p.user_id])),
    "lesion": ("doctor", lambda p: reverse("diagnosis:lesion_edit", args=[p.lesions.get().pk])),
}


@pytest.mark.parametrize("form", FORMS)
def test_no_form_opens_for_an_ended_record(ended, sign_in, request, form):
    who, address = FORMS[form]

    response = sign_in(request.getfixturevalue(who)).get(address(ended), follow=True)

    record = reverse("clinic:patient_detail", args=[ended.pk])
    assert response.redirect_chain == [(record, 302)]
    assert "This record has ended" in response.content.decode()


PAGES = {
    "visit": lambda p: reverse("diagnosis:visit", args=[p.consultations.get().pk]),
    "letters": lambda p: reverse("diagnosis:visit_letters", args=[p.consultations.get().pk]),
    "documents": lambda p: reverse("clinic:patient_documents", args=[p.pk]),
    "lesion": lambda p: reverse("diagnosis:lesion", args=[p.lesions.get().pk]),
}
WRITES = ("addenda/", "<textarea", 'name="file"', "/edit/")


@pytest.mark.parametrize("page", PAGES)
def test_pages_of_an_ended_record_are_read_without_a_form(ended, doctor, sign_in, page):
    text = sign_in(doctor).get(PAGES[page](ended)).content.decode()

    assert not [part for part in WRITES if part in text]
