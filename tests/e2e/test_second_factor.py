"""Sign in with a second factor as a person does: an app, a passkey."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.door import set_up_app
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def type_password(page, user):
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page):
    page.context.clear_cookies()
    page.goto("/")


def test_a_doctor_sets_an_app_up_and_comes_in_with_a_recovery_code(open_browser, doctor):
    page = open_browser("doctor")
    type_password(page, doctor)
    expect(page.get_by_text("a password alone is not enough")).to_be_visible()
    page.goto("/patients/")
    expect(page.get_by_role("heading", name="Set up an authenticator app")).to_be_visible()
    set_up_app(page)
    expect(page.locator("h1", has_text="Today")).to_be_visible()
    page.goto("/security/recovery-codes/")
    code = page.locator(".security-codes li").first.inner_text()

    sign_out(page)
    type_password(page, doctor)
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("h1", has_text="Today")).to_be_visible()


def test_a_passkey_is_the_second_step(open_browser, doctor):
    page = open_browser("doctor")
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    type_password(page, doctor)
    page.get_by_role("link", name="Use a passkey instead").click()
    page.get_by_label("Name").fill("My telephone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page).to_have_url(re.compile("recovery-codes"))
    page.goto("/security/")
    expect(page.get_by_text("My telephone")).to_be_visible()

    sign_out(page)
    type_password(page, doctor)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator("h1", has_text="Today")).to_be_visible()
