"""Strangers cannot lock people out of a browser in which they have signed in."""

import pytest
import redis
from django.core import signing
from django.test import Client
from django.urls import reverse

from clinic.people.known_devices import COOKIE, SALT
from tests.factories import PASSWORD, UserFactory, with_app
from tests.machine import missing
from tests.test_shared_cache import REDIS

LOGIN = reverse("account_login")
HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"


def come_in(browser, user, password=PASSWORD, address=HERE):
    """Try to sign in, and return whether it worked."""
    typed = {"login": user.email, "password": password}
    return browser.post(LOGIN, typed, REMOTE_ADDR=address).status_code == 302


def leave(browser):
    browser.post(reverse("account_logout"), REMOTE_ADDR=HERE)


def known_browser(user):
    """Return a browser in which somebody has signed in and out again."""
    browser = Client()
    assert come_in(browser, user)
    leave(browser)
    return browser


def attack(user, tries=60, address=None):
    """Guess passwords from one address, or from many."""
    for number in range(tries):
        come_in(Client(), user, "wrong", address or f"203.0.113.{number // 4}")


def test_a_known_browser_comes_in_while_its_account_is_under_attack(secretary):
    browser = known_browser(secretary)
    attack(secretary)
    assert not come_in(Client(), secretary)
    assert come_in(browser, secretary)


def test_a_known_browser_comes_in_while_a_stranger_tries_every_account_from_its_address(secretary):
    browser = known_browser(secretary)
    attack(secretary, 6, HERE)
    for number in range(100):
        come_in(Client(), UserFactory.build(email=f"nobody{number}@example.org"), "wrong")
    assert not come_in(Client(), secretary)
    assert come_in(browser, secretary)


def test_all_who_share_a_computer_are_known_to_it(secretary, doctor, settings):
    settings.MFA_REQUIRED = False
    browser = known_browser(secretary)
    assert come_in(browser, doctor)
    leave(browser)
    attack(secretary)
    attack(doctor)
    assert come_in(browser, secretary)
    leave(browser)
    assert come_in(browser, doctor)


def test_a_known_browser_has_five_tries_and_then_those_of_a_stranger(secretary):
    browser = known_browser(secretary)
    attack(secretary)
    for _number in range(5):
        assert not come_in(browser, secretary, "wrong")
    assert not come_in(browser, secretary)


def test_a_stolen_cookie_has_five_tries_wherever_it_is_taken(secretary):
    browser = known_browser(secretary)
    attack(secretary)
    thief = Client()
    thief.cookies[COOKIE] = browser.cookies[COOKIE].value
    for number in range(5):
        assert not come_in(thief, secretary, "wrong", f"198.51.100.{number}")
    assert not come_in(thief, secretary, address=ELSEWHERE)


def test_another_account_s_browser_is_a_stranger(secretary, admin):
    browser = known_browser(secretary)
    attack(admin)
    assert not come_in(browser, admin)


@pytest.mark.parametrize(
    "made_up",
    [
        "known",
        signing.dumps([["0" * 32, "made-up"]], salt=SALT, key="another secret"),
        signing.dumps([["0" * 32, "made-up"]], salt="another purpose"),
        signing.dumps([["0" * 32, "made-up"]], salt=SALT),
    ],
)
def test_a_made_up_cookie_opens_nothing_and_breaks_nothing(secretary, made_up):
    browser = Client()
    browser.cookies[COOKIE] = made_up
    assert come_in(browser, secretary)
    leave(browser)
    attack(secretary)
    browser.cookies[COOKIE] = made_up
    assert not come_in(browser, secretary)


def test_a_cookie_that_was_changed_is_no_cookie(secretary):
    browser = known_browser(secretary)
    attack(secretary)
    value = browser.cookies[COOKIE].value
    browser.cookies[COOKIE] = value[:-1] + ("A" if value[-1] != "A" else "B")
    assert not come_in(browser, secretary)


def test_a_new_password_makes_every_other_browser_unknown(secretary):
    browser, other = known_browser(secretary), known_browser(secretary)
    assert come_in(browser, secretary)
    new = "nine purple lighthouses"
    typed = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert browser.post(reverse("account_change_password"), typed).status_code == 302
    leave(browser)
    attack(secretary)
    assert not come_in(other, secretary, new)
    assert come_in(browser, secretary, new)


def test_the_cookie_is_hidden_from_scripts_and_names_nobody(secretary):
    cookie = known_browser(secretary).cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    told = str(signing.loads(cookie.value, salt=SALT))
    assert secretary.email not in told
    assert str(secretary.pk) not in told


def test_a_first_factor_alone_makes_no_browser_known(doctor):
    browser = Client()
    assert come_in(browser, with_app(doctor))
    assert COOKIE not in browser.cookies


def test_a_wrong_password_makes_no_browser_known(secretary):
    browser = Client()
    come_in(browser, secretary, "wrong")
    assert COOKIE not in browser.cookies


def test_a_known_browser_gets_its_link_while_strangers_ask_for_many(secretary):
    def ask(browser, email):
        address = reverse("account_reset_password")
        return browser.post(address, {"email": email}, REMOTE_ADDR=HERE).status_code

    browser = known_browser(secretary)
    for number in range(20):
        ask(Client(), secretary.email if number < 5 else f"nobody{number}@example.org")
    assert ask(Client(), "nobody@example.org") == 429
    assert ask(browser, secretary.email) == 302


def test_what_one_web_process_counts_the_other_one_knows(secretary, settings):
    try:
        redis.Redis.from_url(REDIS, socket_connect_timeout=1).ping()
    except redis.RedisError:
        missing("Redis")
    settings.CACHES = {
        "default": {
            "BACKEND": "skinhealth.cache.PatientRedisCache",
            "LOCATION": REDIS,
            "KEY_PREFIX": secretary.pk.hex,
        }
    }
    browser = known_browser(secretary)
    attack(secretary, 6, HERE)
    assert not come_in(Client(), secretary)
    assert come_in(Client(), secretary, address=ELSEWHERE)
    assert come_in(browser, secretary)
