"""Sign in through the form, with the second step if the role needs one."""

from allauth.mfa.utils import is_mfa_enabled
from django.core.cache import cache
from playwright.sync_api import expect

from clinic.models import User
from clinic.people.permissions import must_have_second_factor
from tests.factories import PASSWORD, code_of_app, with_app


def come_in(page, email, password=PASSWORD):
    """Sign somebody in on the page that everybody sees first."""
    user = User.objects.get(email=email)
    if must_have_second_factor(user) and not is_mfa_enabled(user):
        with_app(user)
    # An app's code works once; a second sign-in within half a minute would have to wait.
    cache.clear()
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    if is_mfa_enabled(user):
        page.get_by_label("Code").fill(code_of_app())
        page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("navigation").first).to_be_visible()
    page.wait_for_load_state("load")  # a key that is pressed before the scripts run does nothing


def go(page, address):
    """Open an address once the page before has loaded, which Firefox would otherwise still open."""
    page.wait_for_load_state("load")
    page.goto(address)


def set_up_app(page):
    """Set up an authenticator app on the page that asks for one, with the secret it shows."""
    secret = page.locator("code").inner_text()
    page.get_by_label("Authenticator code").fill(code_of_app(secret))
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.get_by_role("link", name="I have saved them").click()
