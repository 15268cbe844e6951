"""Admins create accounts with one form for every role, and find them again."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.core import mail
from django.core.exceptions import ValidationError
from django.urls import reverse

from clinic.models import AuditEvent, Doctor, Patient, User
from clinic.people.services.accounts import NewAccount, create_account, create_patient_account
from tests.factories import PASSWORD, PatientFactory, UserFactory
from tests.mailbox import DEAD_MAIL_SERVER

LIST = reverse("clinic:account_list")
CREATE = reverse("clinic:account_create")


def submission(role, **values):
    return {
        "role": role,
        "full_name": "Nora New",
        "email": "nora@example.org",
        "phone": "06 12 34 56 78",
        "language": "en",
        "password": PASSWORD,
        **values,
    }


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def names_in(response):
    return [link.get_text(strip=True) for link in soup(response).select(".list-row-link")]


def test_an_admin_creates_a_secretary_who_is_invited_by_mail(admin, sign_in):
    response = sign_in(admin).post(CREATE, submission("secretary"), follow=True)
    assert response.redirect_chain == [(LIST, 302)]
    assert "A link to set a password" in response.content.decode()
    user = User.objects.get(email="nora@example.org")
    assert (user.role, user.full_name, str(user.phone)) == ("secretary", "Nora New", "+33612345678")
    assert user.is_active
    assert not user.has_usable_password()
    assert [message.to for message in mail.outbox] == [["nora@example.org"]]


def test_the_creation_and_the_invitation_are_in_the_audit_trail_without_names(admin, sign_in):
    sign_in(admin).post(CREATE, submission("secretary"))
    user = User.objects.get(email="nora@example.org")
    created, invited = AuditEvent.objects.filter(target_id=str(user.pk)).order_by("pk")
    assert (created.verb, created.actor) == (AuditEvent.Verb.CREATE, admin)
    assert created.detail == {"role": "secretary", "language": "en"}
    assert (invited.verb, invited.detail) == (AuditEvent.Verb.UPDATE, {"invitation": "sent"})


def test_a_doctor_gets_a_profile_with_title_speciality_and_licence(admin, sign_in):
    sign_in(admin).post(
        CREATE,
        submission("doctor", title="Prof.", speciality="Dermatology", licence_number="10101010101"),
    )
    doctor = Doctor.objects.get(user__email="nora@example.org")
    assert str(doctor) == "Prof. Nora New"
    assert (doctor.speciality, doctor.licence_number) == ("Dermatology", "10101010101")


def test_a_new_patient_is_registered_in_the_same_step(admin, sign_in):
    sign_in(admin).post(CREATE, submission("patient", birth_date="1990-02-28"))
    patient = Patient.objects.get(user__email="nora@example.org")
    assert (patient.full_name, patient.birth_date) == ("Nora New", date(1990, 2, 28))
    assert (patient.email, str(patient.phone)) == ("nora@example.org", "+33612345678")
    assert patient.user.role == User.Role.PATIENT


def test_a_registered_patient_is_found_by_record_number_and_date_of_birth(admin, sign_in):
    patient = PatientFactory(
        record_number="P-000777",
        full_name="Nora Newman",
        birth_date=date(1990, 2, 28),
        email="nora@example.org",
    )
    sign_in(admin).post(
        CREATE, submission("patient", birth_date="1990-02-28", record_number="p-000777")
    )
    patient.refresh_from_db()
    assert patient.user.email == "nora@example.org"
    assert patient.user.full_name == "Nora Newman"
    assert Patient.objects.count() == 1
    created = AuditEvent.objects.get(verb=AuditEvent.Verb.CREATE)
    assert created.patient == patient


@pytest.mark.parametrize(
    ("number", "birth_date"), [("P-000777", "1991-02-28"), ("P-000778", "1990-02-28")]
)
def test_a_wrong_record_number_opens_nobodys_record(admin, sign_in, number, birth_date):
    PatientFactory(record_number="P-000777", birth_date=date(1990, 2, 28))
    response = sign_in(admin).post(
        CREATE, submission("patient", birth_date=birth_date, record_number=number)
    )
    assert response.status_code == 422
    assert "No patient has this record number and this date of birth." in response.content.decode()
    assert not User.objects.filter(email="nora@example.org").exists()


def test_a_patient_has_one_account(admin, sign_in, patient):
    response = sign_in(admin).post(
        CREATE,
        submission(
            "patient",
            birth_date=patient.birth_date.isoformat(),
            record_number=patient.record_number,
            email=patient.email,
        ),
    )
    assert response.status_code == 422
    assert "This patient already has an account." in response.content.decode()
    assert not User.objects.filter(email="nora@example.org").exists()
    assert mail.outbox == []


def test_of_two_who_give_a_patient_an_account_at_once_the_second_is_told(admin):
    patient = PatientFactory(email="nora@example.org")
    stale = Patient.objects.get(pk=patient.pk)
    create_patient_account(actor=admin, patient=patient)
    stale.email = "other@example.org"
    with pytest.raises(ValidationError, match="already has an account"):
        create_patient_account(actor=admin, patient=stale)
    assert not User.objects.filter(email="other@example.org").exists()


def test_somebody_who_may_be_registered_already_is_asked_about_first(admin, sign_in):
    PatientFactory(record_number="P-000777", full_name="Nora New", birth_date=date(1990, 2, 28))
    browser = sign_in(admin)
    asked = browser.post(CREATE, submission("patient", birth_date="1990-02-28"))
    assert asked.status_code == 422
    assert "P-000777" in asked.content.decode()
    assert not User.objects.filter(email="nora@example.org").exists()
    browser.post(
        CREATE, submission("patient", birth_date="1990-02-28", duplicate_reason="a namesake")
    )
    assert Patient.objects.get(user__email="nora@example.org").record_number != "P-000777"


def test_a_patient_needs_a_date_of_birth(admin, sign_in):
    response = sign_in(admin).post(CREATE, submission("patient"))
    assert response.status_code == 422
    assert "A patient needs a date of birth." in response.content.decode()
    assert Patient.objects.count() == 0


def test_what_belongs_to_another_role_is_left_aside(admin, sign_in):
    response = sign_in(admin).post(
        CREATE, submission("secretary", birth_date="no date", title="x" * 60)
    )
    assert response.status_code == 302
    assert not Doctor.objects.exists()
    assert not Patient.objects.exists()


def test_an_address_is_taken_whatever_its_capitals(admin, secretary, sign_in):
    response = sign_in(admin).post(
        CREATE, submission("secretary", email="Secretary@Example.org", full_name="Kept Name")
    )
    assert response.status_code == 422
    page = soup(response)
    assert "There is already an account with this email address." in page.get_text()
    assert page.select_one("#id_full_name")["value"] == "Kept Name"
    assert page.select_one("#id_email")["aria-invalid"] == "true"
    assert User.objects.filter(email__iexact="secretary@example.org").count() == 1


def test_an_address_that_somebody_takes_in_the_same_moment_is_words_not_an_error(
    admin, monkeypatch
):
    check = User.full_clean

    def check_then_lose(user, **kwargs):
        check(user, **kwargs)
        UserFactory(email="nora@example.org")

    monkeypatch.setattr(User, "full_clean", check_then_lose)
    account = NewAccount(role="secretary", full_name="N", email="nora@example.org", language="en")
    with pytest.raises(ValidationError, match="There is already an account with this email"):
        create_account(actor=admin, account=account)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"phone": "12"}, "This is not a complete phone number."),
        ({"email": "nobody"}, "Enter a valid email address."),
        ({"full_name": ""}, "This field is required."),
        ({"role": "owner"}, "Select a valid choice."),
        ({"language": "xx"}, "Select a valid choice."),
    ],
)
def test_a_wrong_entry_is_said_at_its_field(admin, sign_in, values, words):
    response = sign_in(admin).post(CREATE, {**submission("secretary"), **values})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert User.objects.count() == 1


def test_a_mail_server_that_is_down_does_not_lose_the_account(admin, sign_in, settings, caplog):
    settings.EMAIL_BACKEND = DEAD_MAIL_SERVER
    browser = sign_in(admin)
    response = browser.post(CREATE, submission("secretary"), follow=True)
    user = User.objects.get(email="nora@example.org")
    assert response.redirect_chain == [(reverse("clinic:account_edit", args=[user.pk]), 302)]
    assert "the email could not be sent" in response.content.decode()
    invited = AuditEvent.objects.filter(target_id=str(user.pk)).first()
    assert invited.detail == {"invitation": "not_sent"}
    assert "nora@example.org" not in caplog.text

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    (form,) = soup(response).select(f'form[action="{invite_url(user)}"]')
    assert "Send the invitation again" in form.get_text()
    browser.post(form["action"])
    assert [message.to for message in mail.outbox] == [["nora@example.org"]]


def invite_url(user):
    return reverse("clinic:account_invite", args=[user.pk])


@pytest.mark.parametrize("role", ["secretary", "doctor", "patient"])
@pytest.mark.parametrize("url", [LIST, CREATE])
def test_only_admins_see_and_create_accounts(role, url, request, sign_in):
    person = request.getfixturevalue(role)
    browser = sign_in(person.user if role == "patient" else person)
    assert browser.get(url).status_code == 403
    assert browser.post(url, submission("admin")).status_code == 403
    assert not User.objects.filter(email="nora@example.org").exists()


@pytest.mark.parametrize("url", [LIST, CREATE])
def test_strangers_are_asked_to_sign_in(url, client, db):
    response = client.get(url)
    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


def test_who_has_set_no_password_yet_is_marked_as_invited(admin, sign_in):
    User.objects.create_user("iris@example.org", None, full_name="Iris", role="secretary")
    page = soup(sign_in(admin).get(LIST))
    states = {
        row.select_one(".list-row-link").get_text(strip=True): row.select_one(".tag").get_text(
            strip=True
        )
        for row in page.select(".list-row")
    }
    assert states == {"Ada Admin": "Active", "Iris": "Invited"}
    assert page.select_one(".page-count").get_text(strip=True) == "2"


def test_filters_by_role_and_state_stay_in_the_address(admin, secretary, doctor, sign_in):
    User.objects.create_user("iris@example.org", None, full_name="Iris", role="secretary")
    UserFactory(full_name="Dee", role="secretary", is_active=False)
    browser = sign_in(admin)
    assert names_in(browser.get(LIST, {"role": "doctor"})) == ["Dora Doctor"]
    assert names_in(browser.get(LIST, {"state": "invited"})) == ["Iris"]
    assert names_in(browser.get(LIST, {"state": "deactivated"})) == ["Dee"]
    active = browser.get(LIST, {"role": "secretary", "state": "active"})
    assert names_in(active) == ["Sam Secretary"]
    assert len(names_in(browser.get(LIST, {"role": "nonsense"}))) == 5


def test_the_list_comes_in_pages_that_keep_the_filters(
    admin, sign_in, django_assert_max_num_queries
):
    for number in range(30):
        UserFactory(full_name=f"Person {number:02}", role="secretary")
    browser = sign_in(admin)
    with django_assert_max_num_queries(15):
        first = browser.get(LIST, {"role": "secretary"})
    assert len(names_in(first)) == 25
    link = soup(first).select_one('a[rel="next"]')["href"]
    assert "role=secretary" in link
    assert names_in(browser.get(LIST + link)) == [f"Person {number}" for number in range(25, 30)]


def test_a_search_is_posted_so_that_no_name_gets_into_an_address(admin, secretary, doctor, sign_in):
    browser = sign_in(admin)
    assert names_in(browser.post(LIST, {"words": "sam"})) == ["Sam Secretary"]
    assert names_in(browser.post(LIST, {"words": "doctor@"})) == ["Dora Doctor"]
    assert names_in(browser.get(LIST, {"words": "sam"})) == [
        "Ada Admin",
        "Dora Doctor",
        "Sam Secretary",
    ]


def test_a_search_without_a_hit_says_what_to_do_next(admin, sign_in):
    page = soup(sign_in(admin).post(LIST, {"words": "nobody at all"}))
    empty = page.select_one(".empty-state")
    assert "No matching account" in empty.get_text()
    assert empty.select_one("a")["href"] == LIST


def test_no_patient_is_registered_without_a_date_of_birth_whoever_asks(admin):
    account = NewAccount(role="patient", full_name="N", email="nora@example.org", language="en")
    with pytest.raises(ValidationError, match="A patient needs a date of birth"):
        create_account(actor=admin, account=account)
