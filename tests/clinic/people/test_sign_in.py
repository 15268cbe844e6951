"""Sign in and out by email and password; every failure looks the same, and all is noted."""

import pytest
from allauth.account.models import EmailAddress
from bs4 import BeautifulSoup
from django.urls import reverse

from clinic.models import AuditEvent, User
from skinhealth import settings as site_settings
from tests.factories import PASSWORD

LOGIN = reverse("account_login")
LOGOUT = reverse("account_logout")
SIGNUP = reverse("account_signup")
HOME = reverse("home")
WRONG = "Wrong email address or password."


def sign_in_with(client, email, password, **extra):
    return client.post(LOGIN, {"login": email, "password": password}, **extra)


def is_signed_in(client):
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("email", ["secretary@example.org", "Secretary@Example.ORG"])
def test_an_address_signs_in_whatever_its_capitals(secretary, client, email):
    response = sign_in_with(client, email, PASSWORD)
    assert (response.status_code, response.url) == (302, HOME)
    assert client.session["_auth_user_id"] == str(secretary.pk)


def test_signing_in_and_out_is_noted_with_role_and_address(secretary, client):
    sign_in_with(client, secretary.email, PASSWORD, REMOTE_ADDR="192.0.2.7")
    client.post(LOGOUT, REMOTE_ADDR="192.0.2.7")
    came, left = AuditEvent.objects.order_by("pk")
    assert (came.verb, left.verb) == (AuditEvent.Verb.SIGN_IN, AuditEvent.Verb.SIGN_OUT)
    for event in (came, left):
        assert (event.actor, event.actor_role) == (secretary, "secretary")
        assert event.ip_address == "192.0.2.7"
    assert not is_signed_in(client)


def test_an_unknown_person_and_a_wrong_password_read_the_same(secretary, client):
    pages = [
        sign_in_with(client, secretary.email, "wrong password"),
        sign_in_with(client, "nobody@example.org", "wrong password"),
    ]
    known, unknown = (BeautifulSoup(page.content, "html.parser").get_text() for page in pages)
    assert WRONG in known
    assert known == unknown
    assert not is_signed_in(client)


def test_a_failed_sign_in_is_noted_without_what_was_typed(secretary, client):
    sign_in_with(client, secretary.email, "wrong password")
    sign_in_with(client, "my-password@example.org", "wrong password")
    known, unknown = AuditEvent.objects.order_by("pk")
    assert {known.verb, unknown.verb} == {AuditEvent.Verb.DENIED}
    assert (known.actor, known.target_id) == (None, str(secretary.pk))
    assert (unknown.actor, unknown.target_id) == (None, "")
    assert "my-password" not in str(AuditEvent.objects.values())


def test_what_was_typed_as_address_is_kept_and_the_password_is_not(client, db):
    page = sign_in_with(client, "nobody@example.org", "wrong password").content.decode()
    assert "nobody@example.org" in page
    assert "wrong password" not in page


def test_the_sixth_attempt_has_to_wait_even_with_the_right_password(secretary, client):
    for _attempt in range(5):
        sign_in_with(client, secretary.email, "wrong password")
    page = sign_in_with(client, secretary.email, PASSWORD)
    assert "Too many attempts." in page.content.decode()
    assert not is_signed_in(client)


def test_an_invited_person_has_no_password_to_guess(client, db):
    User.objects.create_user("iris@example.org", None, full_name="Iris", role="secretary")
    for password in ("", "!", "None"):
        sign_in_with(client, "iris@example.org", password)
    assert not is_signed_in(client)


def test_nobody_registers_alone(client, db):
    page = client.get(SIGNUP)
    assert "Accounts come from the clinic" in page.content.decode()
    client.post(SIGNUP, {"email": "nora@example.org", "password1": PASSWORD, "password2": PASSWORD})
    assert not User.objects.exists()


def test_a_link_signs_nobody_out(secretary, sign_in):
    browser = sign_in(secretary)
    browser.get(LOGOUT)
    assert is_signed_in(browser)


def test_a_page_that_asked_for_sign_in_comes_back_but_no_other_site_does(secretary, client):
    profile = reverse("clinic:profile")
    asked = client.get(profile)
    assert asked.url == f"{LOGIN}?next={profile}"
    login = {"login": secretary.email, "password": PASSWORD}
    assert client.post(LOGIN, {**login, "next": profile}).url == profile
    client.post(LOGOUT)
    assert client.post(LOGIN, {**login, "next": "https://example.com/"}).url == HOME


def test_passwords_are_hashed_by_argon2(settings):
    settings.PASSWORD_HASHERS = site_settings.PASSWORD_HASHERS
    user = User()
    user.set_password(PASSWORD)
    assert user.password.startswith("argon2$argon2id$")


@pytest.mark.parametrize("path", ["/email/", "/confirm-email/", "/login/code/confirm/"])
def test_nobody_adds_an_address_to_the_own_account(path, secretary, sign_in):
    browser = sign_in(secretary)
    assert browser.get(path).status_code == 404
    assert browser.post(path, {"action_add": "", "email": "x@example.org"}).status_code == 404
    assert not EmailAddress.objects.exists()
