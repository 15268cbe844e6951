"""Patients register themselves: a code by email, then their data; nobody learns who is known."""

import re
from datetime import date, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent, Consent, Patient, SignUpCode, User
from tests.clinic.desk import at_once
from tests.clinic.portal import decide
from tests.factories import PASSWORD, PatientFactory
from tests.mailbox import DEAD_MAIL_SERVER

URL = reverse("account_signup")
CODE_URL = reverse("clinic:sign_up_code")
DETAILS_URL = reverse("clinic:sign_up_details")
EMAIL = "nina@example.org"


@pytest.fixture(autouse=True)
def _open(db):
    decide(is_sign_up_open=True)


@pytest.fixture
def browser():
    return Client()


def ask_for_code(browser, email=EMAIL):
    mail.outbox.clear()
    response = browser.post(URL, {"email": email})
    assert response.url == CODE_URL
    return mail.outbox[0]


def code_in(message):
    (code,) = re.findall(r"^\d{6}$", message.body, re.MULTILINE)
    return code


def prove(browser, email=EMAIL):
    response = browser.post(CODE_URL, {"code": code_in(ask_for_code(browser, email))})
    assert response.url == DETAILS_URL


def details(**fields):
    return {
        "full_name": "Nina Neu",
        "birth_date": "1991-02-03",
        "sex": "female",
        "phone": "+33611223344",
        "language": "en",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "agrees_to_care": "on",
    } | fields


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06d}"


def test_a_person_registers_and_is_in(browser):
    assert URL in browser.get(reverse("account_login")).content.decode()
    prove(browser)
    page = browser.get(DETAILS_URL).content.decode()
    assert "The clinic keeps a record of your visits" in page

    response = browser.post(DETAILS_URL, details())

    assert response.url == reverse("home")
    user = User.objects.get(email=EMAIL)
    assert user.check_password(PASSWORD)
    assert (user.role, user.patient.full_name) == (User.Role.PATIENT, "Nina Neu")
    assert user.patient.birth_date == date(1991, 2, 3)
    assert not user.patient.is_possible_duplicate
    consent = user.patient.consents.get()
    assert (consent.purpose, consent.method) == (Consent.Purpose.CARE, Consent.Method.PORTAL)
    assert browser.get(reverse("clinic:my_appointments")).status_code == 200
    assert AuditEvent.objects.filter(verb="sign_in", actor=user).exists()


def test_where_sign_up_is_closed_nothing_of_it_works(browser):
    prove(browser)
    decide(is_sign_up_open=False)
    for url in (URL, CODE_URL, DETAILS_URL):
        for response in (browser.get(url), browser.post(url, {"email": EMAIL, **details()})):
            assert "Accounts come from the clinic" in response.content.decode()
    assert not User.objects.exists()
    assert URL not in browser.get(reverse("account_login")).content.decode()


def test_a_known_address_gets_the_same_pages_and_another_mail(patient):
    answers = {}
    for email in (EMAIL, patient.email, patient.email.upper()):
        browser = Client()
        message = ask_for_code(browser, email)
        page = browser.get(CODE_URL).content.decode().replace(email.lower(), "ADDRESS")
        refusal = browser.post(CODE_URL, {"code": "no"}).status_code
        page = re.sub(r'(value|content)="\w{64}"', "", page)
        answers[email] = (page, refusal)
        assert bool(re.search(r"^\d{6}$", message.body, re.MULTILINE)) == (email == EMAIL)
    assert len(set(answers.values())) == 1
    assert "It has an account already" in mail.outbox[0].body


def test_no_code_opens_a_known_address(browser, patient):
    ask_for_code(browser, patient.email)
    for _number in range(4):
        assert browser.post(CODE_URL, {"code": "123456"}).status_code == 422
    assert "no longer works" in browser.post(CODE_URL, {"code": "123456"}).content.decode()
    assert browser.get(DETAILS_URL).url == URL


def test_the_fifth_wrong_code_is_the_last(browser):
    code = code_in(ask_for_code(browser))
    for _number in range(4):
        response = browser.post(CODE_URL, {"code": wrong(code)})
        assert "That code is wrong or has been replaced." in response.content.decode()
    assert "no longer works" in browser.post(CODE_URL, {"code": wrong(code)}).content.decode()
    assert browser.post(CODE_URL, {"code": code}).url == URL


def test_a_code_ends_after_ten_minutes(browser):
    code = code_in(ask_for_code(browser))
    SignUpCode.objects.update(created_at=timezone.now() - timedelta(minutes=10, seconds=1))
    assert "no longer works" in browser.post(CODE_URL, {"code": code}).content.decode()


def test_blanks_that_a_mail_program_copies_along_do_no_harm(browser):
    code = code_in(ask_for_code(browser))
    assert browser.post(CODE_URL, {"code": f" {code[:3]} {code[3:]} "}).url == DETAILS_URL


def test_another_browser_cannot_use_the_code(browser):
    code = code_in(ask_for_code(browser))
    stranger = Client()
    assert stranger.post(CODE_URL, {"code": code}).url == URL
    assert stranger.get(DETAILS_URL).url == URL


def test_a_new_code_ends_the_one_before(browser):
    first = code_in(ask_for_code(browser))
    second = code_in(ask_for_code(browser))
    if first != second:
        assert browser.post(CODE_URL, {"code": first}).status_code == 422
    assert browser.post(CODE_URL, {"code": second}).url == DETAILS_URL


def test_whoever_asks_for_many_codes_is_slowed_down(browser):
    for _number in range(3):
        ask_for_code(browser)
    assert browser.post(URL, {"email": EMAIL}).status_code == 429


def test_the_code_is_not_kept_as_it_is(browser):
    code = code_in(ask_for_code(browser))
    row = SignUpCode.objects.get()
    assert code not in row.code_hmac
    assert code not in str(dict(browser.session))


def test_a_mail_server_that_is_down_is_said(browser, settings):
    settings.EMAIL_BACKEND = DEAD_MAIL_SERVER
    response = browser.post(URL, {"email": EMAIL})
    assert response.status_code == 422
    assert "The email could not be sent." in response.content.decode()
    assert f'value="{EMAIL}"' in response.content.decode()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"agrees_to_care": ""}, "agrees_to_care"),
        ({"password2": "something else"}, "password2"),
        ({"password1": "short", "password2": "short"}, "password1"),
        ({"birth_date": "2999-01-01"}, "birth_date"),
        ({"full_name": ""}, "full_name"),
    ],
)
def test_what_is_missing_is_said_beside_it_and_the_rest_is_kept(browser, fields, field):
    prove(browser)
    response = browser.post(DETAILS_URL, details(**fields))
    assert response.status_code == 422
    assert response.context["form"].errors[field]
    assert "06 11 22 33 44" in response.content.decode()
    assert not User.objects.exists()
    assert browser.post(DETAILS_URL, details()).status_code == 302


def record(**fields):
    values = {"full_name": "Nina Neu", "birth_date": date(1991, 2, 3), "email": EMAIL}
    return PatientFactory(**values | fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "another@example.org", "phone": "+33611223344"},
        {"email": "", "phone": "+33611223344"},
        {"birth_date": date(1990, 2, 3)},
        {"full_name": "Nora Neu"},  # a twin with the family's address
        {},  # whoever typed the address also knows name and date of birth
    ],
)
def test_nobody_gets_a_record_on_the_own_word_alone(browser, fields):
    known = record(**fields)
    prove(browser)
    browser.post(DETAILS_URL, details())
    user = User.objects.get(email=EMAIL)
    known.refresh_from_db()
    assert known.user is None
    assert user.patient != known
    assert user.patient.is_possible_duplicate


def test_two_records_that_fit_are_left_to_the_desk(browser):
    record()
    record()
    prove(browser)
    browser.post(DETAILS_URL, details())
    assert Patient.objects.get(user__isnull=False).is_possible_duplicate
    assert Patient.objects.count() == 3


def test_a_record_that_has_a_login_is_not_given_to_another(browser, patient):
    Patient.objects.filter(pk=patient.pk).update(email=EMAIL, birth_date=date(1991, 2, 3))
    prove(browser)
    browser.post(DETAILS_URL, details(full_name=patient.full_name))
    patient.refresh_from_db()
    assert patient.user.email == "patient@example.org"
    assert User.objects.get(email=EMAIL).patient.is_possible_duplicate


@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_sent_many_times_at_once_registers_once():
    decide(is_sign_up_open=True)
    browser = Client()
    prove(browser)
    browsers = [Client() for _number in range(5)]
    for each in browsers:
        each.cookies = browser.cookies.copy()

    responses = at_once(5, lambda number: browsers[number].post(DETAILS_URL, details()))

    assert {response.status_code for response in responses} <= {302, 422}
    assert User.objects.filter(email=EMAIL).count() == 1
    assert Patient.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_guesses_at_once_are_still_five():
    decide(is_sign_up_open=True)
    browser = Client()
    code = code_in(ask_for_code(browser))
    browsers = [Client() for _number in range(12)]
    for each in browsers:
        each.cookies = browser.cookies.copy()

    at_once(12, lambda number: browsers[number].post(CODE_URL, {"code": wrong(code)}))

    assert SignUpCode.objects.get().tries == 5


def test_a_forgotten_password_answers_all_alike_and_slowly(patient):
    url = reverse("account_reset_password")
    for email in (patient.email, "nobody@example.org"):
        response = Client().post(url, {"email": email})
        assert response.url == reverse("clinic:password_code")
    statuses = [Client().post(url, {"email": patient.email}).status_code for _number in range(8)]
    assert 429 in statuses
