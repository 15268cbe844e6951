"""Every edit of what identifies a patient looks for somebody who is like that."""

from datetime import date

import pytest
from django.urls import reverse

from clinic.models import AuditEvent, Patient, User
from clinic.people.services.accounts import NewAccount, create_account
from clinic.people.services.patients import PossibleDuplicateError, register_patient
from tests.factories import PatientFactory, UserFactory
from tests.forms import sent_by

pytestmark = pytest.mark.both_engines

PHONE = "+33698765432"
EMAIL = "shared@example.org"


@pytest.fixture
def known(db):
    return PatientFactory(full_name="Éloïse Martin", phone=PHONE, email=EMAIL)


@pytest.fixture
def other(db):
    user = UserFactory(full_name="Luc Petit")
    return PatientFactory(full_name="Luc Petit", phone="+33611112222", user=user)


def send(client, url, said):
    """Send a form with everything that the page filled in, and what somebody changed."""
    return client.post(url, sent_by(client.get(url), url) | said)


def noticed(patient, known):
    patient.refresh_from_db()
    event = AuditEvent.objects.filter(verb="update", patient=patient).latest("pk")
    return patient.is_possible_duplicate and event.detail["looks_like"] == [str(known.pk)]


def test_a_phone_of_another_patient_in_the_own_profile_is_shown_to_the_desk(
    sign_in, desk, known, other
):
    send(sign_in(other.user), reverse("clinic:profile"), {"phone": "06 98 76 54 32"})
    assert noticed(other, known)
    assert "Luc Petit" in desk.get(reverse("clinic:request_list")).content.decode()


def test_a_phone_of_another_patient_in_an_account_is_shown_to_the_desk(
    sign_in, admin, known, other
):
    url = reverse("clinic:account_edit", args=[other.user.pk])
    send(sign_in(admin), url, {"phone": "06 98 76 54 32"})
    assert noticed(other, known)


def test_a_new_account_with_a_phone_of_another_patient_is_shown_to_the_desk(admin, known):
    patient = PatientFactory(full_name="Luc Petit", phone="", email="luc@example.org")
    account = NewAccount(
        role=User.Role.PATIENT, full_name="", email="luc@example.org", language="en",
        phone=PHONE, birth_date=patient.birth_date, record_number=patient.record_number,
    )  # fmt: skip
    create_account(actor=admin, account=account)
    assert noticed(patient, known)


@pytest.mark.parametrize("said", [{"phone": "06 98 76 54 32"}, {"email": EMAIL.upper()}])
def test_the_desk_is_asked_about_a_phone_or_an_address_of_another_patient(desk, known, other, said):
    url = reverse("clinic:patient_edit", args=[other.pk])
    response = send(desk, url, said)
    assert response.status_code == 422
    assert [patient for patient, _url in response.context["duplicates"]] == [known]
    response = send(desk, url, {**said, "new_reason": "Couple", "told_apart": str(known.pk)})
    assert response.status_code == 302


@pytest.mark.parametrize("said", [{"phone": "06 98 76 54 32"}, {"email": EMAIL}])
def test_what_a_doctor_corrects_is_shown_to_the_desk(sign_in, consultation, known, said):
    patient = consultation.patient
    url = reverse("clinic:patient_edit", args=[patient.pk])
    send(sign_in(consultation.doctor.user), url, said)
    assert noticed(patient, known)


def test_an_address_of_another_patient_is_noticed_at_registration(secretary, known):
    with pytest.raises(PossibleDuplicateError) as refusal:
        register_patient(
            actor=secretary, full_name="Luc Petit", birth_date=date(1951, 11, 3), email=EMAIL
        )
    assert refusal.value.patients == [known]


def test_other_changes_ask_nothing(sign_in, known, other):
    Patient.objects.filter(pk=other.pk).update(phone=PHONE)
    User.objects.filter(pk=other.user.pk).update(phone=PHONE)
    send(sign_in(other.user), reverse("clinic:profile"), {"language": "fr"})
    other.refresh_from_db()
    assert (other.language, other.is_possible_duplicate) == ("fr", False)
