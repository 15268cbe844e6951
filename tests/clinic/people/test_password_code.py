"""A forgotten password: six digits from the email, in the browser that asked for them."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent
from clinic.people import password_codes
from tests.clinic.desk import at_once
from tests.clinic.people.test_invitation import NEW_PASSWORD
from tests.clinic.people.test_sign_up import code_in, wrong

ASK = reverse("account_reset_password")
CODE = reverse("clinic:password_code")


@pytest.fixture
def browser():
    return Client()


def ask_for_code(browser, user):
    mail.outbox.clear()
    assert browser.post(ASK, {"email": user.email}).url == CODE
    return code_in(mail.outbox[0])


def test_the_code_from_the_email_opens_the_page_for_a_new_password(browser, secretary):
    code = ask_for_code(browser, secretary)
    assert secretary.email in browser.get(CODE).content.decode()

    page = browser.post(CODE, {"code": f" {code[:3]} {code[3:]} "}, follow=True)
    address = page.context["action_url"]
    assert browser.get(CODE).url == ASK  # it works once
    browser.post(address, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})

    secretary.refresh_from_db()
    assert secretary.check_password(NEW_PASSWORD)
    assert AuditEvent.objects.filter(actor=secretary, verb="sign_in").exists()


def test_the_link_in_the_same_email_stays_a_second_way(browser, secretary):
    ask_for_code(browser, secretary)
    assert re.search(r"http://testserver/password/reset/key/\S+", mail.outbox[0].body)


def test_the_digits_work_in_no_other_browser(browser, secretary, doctor):
    code = ask_for_code(browser, secretary)
    assert Client().post(CODE, {"code": code}).url == ASK

    other = Client()
    ask_for_code(other, doctor)
    response = other.post(CODE, {"code": code})
    assert response.status_code == 422
    assert "That code is wrong or has been replaced." in response.content.decode()


def test_a_newer_code_replaces_the_older_one(browser, secretary):
    older = ask_for_code(browser, secretary)
    newer = ask_for_code(browser, secretary)
    if older != newer:
        assert browser.post(CODE, {"code": older}).status_code == 422
    assert browser.post(CODE, {"code": newer}).status_code == 302


def test_after_ten_minutes_the_code_is_useless(browser, secretary, monkeypatch):
    code = ask_for_code(browser, secretary)
    later = (timezone.now() + timedelta(minutes=11)).timestamp()
    monkeypatch.setattr(password_codes.time, "time", lambda: later)
    assert browser.post(CODE, {"code": code}).url == ASK


def test_the_fifth_wrong_code_is_the_last(browser, secretary):
    code = ask_for_code(browser, secretary)
    for _number in range(5):
        assert browser.post(CODE, {"code": wrong(code)}).status_code == 422

    page = browser.post(CODE, {"code": code}, follow=True)

    assert page.redirect_chain == [(ASK, 302)]
    assert "This code no longer works. Ask for a new one." in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_many_guesses_at_once_are_still_five(secretary):
    browser = Client()
    code = ask_for_code(browser, secretary)
    browsers = [Client() for _number in range(12)]
    for each in browsers:
        each.cookies = browser.cookies.copy()

    responses = at_once(12, lambda number: browsers[number].post(CODE, {"code": wrong(code)}))

    assert sum(response.status_code == 422 for response in responses) <= 5


def test_an_account_bears_a_few_dozen_guesses_a_day(browser, secretary, settings):
    settings.ACCOUNT_RATE_LIMITS = {
        **settings.ACCOUNT_RATE_LIMITS,
        "reset_code_anywhere": "2/d/key",
    }
    for _number in range(2):
        code = ask_for_code(other := Client(), secretary)
        assert other.post(CODE, {"code": wrong(code)}).status_code == 422
    code = ask_for_code(browser, secretary)
    assert browser.post(CODE, {"code": code}).url == ASK


def test_an_unknown_address_is_asked_for_a_code_like_a_known_one(browser, db):
    assert browser.post(ASK, {"email": "nobody@example.org"}).url == CODE
    response = browser.post(CODE, {"code": "123456"})
    assert response.status_code == 422
    assert "That code is wrong or has been replaced." in response.content.decode()


def test_a_deactivated_account_gets_no_code(browser, secretary):
    code = ask_for_code(browser, secretary)
    secretary.is_active = False
    secretary.save()
    assert browser.post(CODE, {"code": code}).status_code == 422
