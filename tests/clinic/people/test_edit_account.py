"""Admins correct accounts; the role stays, and a patient’s name follows the record."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from clinic.models import AuditEvent, User
from clinic.people.services.accounts import AccountChanges, update_account
from tests.factories import PASSWORD, UserFactory
from tests.forms import post_seen


def test_an_admin_corrects_an_account(admin, doctor, sign_in):
    url = reverse("clinic:account_edit", args=[doctor.pk])
    response = post_seen(
        sign_in(admin),
        url,
        {
            "full_name": "Dora Doctor-Smith",
            "email": "Dora@example.org",
            "phone": "0612345678",
            "language": "en",
            "title": "Prof.",
            "speciality": "Dermatology",
            "licence_number": "1",
            "role": "admin",
            "password": PASSWORD,
        },
    )
    assert response.url == url
    doctor = User.objects.get(pk=doctor.pk)
    assert (doctor.full_name, doctor.email, doctor.role) == (
        "Dora Doctor-Smith",
        "dora@example.org",
        "doctor",
    )
    assert str(doctor.doctor) == "Prof. Dora Doctor-Smith"
    (event,) = AuditEvent.objects.all()
    assert "full_name" in event.detail["changed"]
    assert "Smith" not in str(event.detail)
    assert event.detail["email"] == ["doctor@example.org", "dora@example.org"]
    assert event.detail["title"] == ["Dr", "Prof."]
    assert event.detail["licence_number"] == ["", "1"]
    assert "language" not in event.detail


def test_the_trail_keeps_no_address_of_a_patient(admin, patient, sign_in):
    url = reverse("clinic:account_edit", args=[patient.user.pk])
    post_seen(
        sign_in(admin),
        url,
        {
            "full_name": "Paul Patient",
            "email": "paul.new@example.org",
            "language": "en",
            "phone": str(patient.phone),
            "password": PASSWORD,
        },
    )
    changed = AuditEvent.objects.get(target_id=str(patient.user.pk))
    assert changed.detail == {"changed": ["email"]}


def test_after_a_change_of_address_only_the_new_one_signs_in(admin, secretary, client, sign_in):
    # A request for a link makes allauth store the address in its own table.
    client.post(reverse("account_reset_password"), {"email": secretary.email})
    post_seen(
        sign_in(admin),
        reverse("clinic:account_edit", args=[secretary.pk]),
        {
            "full_name": "Sam Secretary",
            "email": "sam@example.org",
            "language": "en",
            "password": PASSWORD,
        },
    )
    login = reverse("account_login")
    client.post(login, {"login": "secretary@example.org", "password": PASSWORD})
    assert "_auth_user_id" not in client.session
    client.post(login, {"login": "sam@example.org", "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(secretary.pk)


def test_an_address_of_somebody_else_is_refused(admin, secretary, sign_in):
    UserFactory(email="taken@example.org")
    response = post_seen(
        sign_in(admin),
        reverse("clinic:account_edit", args=[secretary.pk]),
        {
            "full_name": "Sam Secretary",
            "email": "Taken@example.org",
            "language": "en",
            "password": PASSWORD,
        },
    )
    assert response.status_code == 422
    assert "There is already an account with this email address." in response.content.decode()


def test_a_patients_name_comes_from_the_record(admin, patient, sign_in):
    url = reverse("clinic:account_edit", args=[patient.user.pk])
    post_seen(
        sign_in(admin),
        url,
        {"full_name": "Somebody Else", "email": "patient@example.org", "language": "en"},
    )
    patient.user.refresh_from_db()
    assert patient.user.full_name == "Paul Patient"


@pytest.mark.parametrize("role", ["secretary", "doctor", "patient"])
def test_only_admins_correct_accounts(role, request, other_doctor, sign_in):
    person = request.getfixturevalue(role)
    person = person.user if role == "patient" else person
    browser = sign_in(person)
    for user, status in ((other_doctor, 404), (person, 403)):
        url = reverse("clinic:account_edit", args=[user.pk])
        assert browser.get(url).status_code == status
        assert browser.post(url, {"full_name": "X"}).status_code == status


def test_no_service_gives_a_patients_account_another_name_than_the_record(admin, patient):
    changes = AccountChanges(full_name="Somebody Else", email=patient.user.email, language="en")
    with pytest.raises(ValidationError, match="changed in the patient’s record"):
        update_account(actor=admin, user=patient.user, changes=changes)


def test_a_save_that_changes_nothing_leaves_no_trace(admin, secretary, sign_in):
    post_seen(
        sign_in(admin),
        reverse("clinic:account_edit", args=[secretary.pk]),
        {"full_name": "Sam Secretary", "email": "secretary@example.org", "language": "en"},
    )
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("role", ["admin", "secretary", "doctor"])
def test_staff_see_with_which_address_a_patient_signs_in_where_it_is_another(
    role, request, appointment, patient, sign_in
):
    url = reverse("clinic:patient_detail", args=[patient.pk])
    browser = sign_in(request.getfixturevalue(role))
    assert "Sign-in address" not in browser.get(url).content.decode()
    User.objects.filter(pk=patient.user.pk).update(email="other@example.org")
    page = browser.get(url).content.decode()
    assert "Sign-in address" in page
    assert "other@example.org" in page
    assert patient.email in page
