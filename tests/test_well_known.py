"""The addresses that programs look for at every site, and the names of cookies."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.core.models.clinic_settings import ClinicSettings
from tests.test_settings import PRODUCTION, run_python

COOKIES = """
import django
django.setup()
from django.conf import settings
from clinic.people.idle import COOKIE as signed_out
from clinic.people.known_devices import COOKIE as known_device
print(settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME)
print(known_device, signed_out)
print(settings.SESSION_COOKIE_PATH, settings.SESSION_COOKIE_DOMAIN, settings.SESSION_COOKIE_SECURE)
print(settings.CSRF_COOKIE_PATH, settings.CSRF_COOKIE_DOMAIN, settings.CSRF_COOKIE_SECURE)
"""
NAMES = ["sessionid", "csrftoken", "django_language", "known_device", "signed_out"]


def fields(response):
    lines = [line.split(": ", 1) for line in response.content.decode().splitlines()]
    assert len({name for name, _value in lines}) == len(lines)
    return dict(lines)


@pytest.mark.django_db
def test_security_txt_names_the_contact_of_the_installation_and_a_day_when_it_ends(settings):
    settings.SECURITY_CONTACTS = ["mailto:security@clinic.example"]
    settings.SITE_URL = "https://clinic.example"
    response = Client().get("/.well-known/security.txt")
    said = fields(response)
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert said["Contact"] == "mailto:security@clinic.example"
    assert said["Canonical"] == "https://clinic.example/.well-known/security.txt"
    assert said["Preferred-Languages"] == "en, fr, ar"
    left = datetime.fromisoformat(said["Expires"]) - timezone.now()
    assert timedelta(days=30) < left < timedelta(days=365)


@pytest.mark.django_db
def test_security_txt_names_the_phone_of_the_clinic_where_nothing_else_is_set():
    ClinicSettings.objects.create(
        pk=1, name="Clinic", phone="+33 1 42 68 53 00", languages=["fr", "ar"]
    )
    said = fields(Client().get("/.well-known/security.txt"))
    assert said["Contact"] == "tel:+33-1-42-68-53-00"
    assert said["Preferred-Languages"] == "fr, ar"


def test_security_txt_is_missing_where_nobody_can_be_reached(db):
    assert Client().get("/.well-known/security.txt").status_code == 404


def test_password_managers_find_the_page_that_changes_the_password(db):
    response = Client().get("/.well-known/change-password")
    assert (response.status_code, response.url) == (302, reverse("account_change_password"))
    # A site that answers every such address with a page cannot be trusted about this one.
    missing = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200"
    assert Client().get(missing).status_code == 404


@pytest.mark.parametrize(
    ("contact", "kept"),
    [
        ("security@clinic.example", "mailto:security@clinic.example"),
        ("https://clinic.example/report", "https://clinic.example/report"),
    ],
)
def test_a_contact_is_an_address_or_a_page(contact, kept):
    code = "from skinhealth.settings import SECURITY_CONTACTS; print(*SECURITY_CONTACTS)"
    started = run_python(code, **PRODUCTION, SECURITY_CONTACT=contact)
    assert started.stdout.strip() == kept, started.stderr


def test_a_contact_over_plain_http_does_not_start():
    code = "import skinhealth.settings"
    started = run_python(code, **PRODUCTION, SECURITY_CONTACT="http://clinic.example")
    assert "SECURITY_CONTACT must be" in started.stderr


def test_cookies_belong_to_the_very_host_where_the_site_is_in_production():
    names, others, *places = run_python(COOKIES, **PRODUCTION).stdout.splitlines()
    assert f"{names} {others}".split() == [f"__Host-{name}" for name in NAMES]
    assert places == ["/ None True"] * 2


def test_cookies_of_a_demo_are_kept_over_plain_http():
    names, others, *places = run_python(COOKIES, SKINHEALTH_ENV="demo").stdout.splitlines()
    assert f"{names} {others}".split() == NAMES
    assert places == ["/ None False"] * 2
