"""Which address counts, depending on the number of trusted proxies."""

import pytest
from django.test import RequestFactory

from clinic.core import client_address as module
from clinic.core.client_address import client_address

NEAREST = "10.0.0.2"


def seen(settings, count, told=None, nearest=NEAREST):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = count
    headers = {} if told is None else {"X-Forwarded-For": told}
    return client_address(RequestFactory(headers=headers, REMOTE_ADDR=nearest).get("/"))


@pytest.fixture(autouse=True)
def nothing_was_said_yet():
    module._complain.cache_clear()


@pytest.mark.parametrize(
    ("count", "told", "address"),
    [
        (0, None, NEAREST),
        (0, "203.0.113.9", NEAREST),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 192.0.2.1", "203.0.113.9"),
        (1, "203.0.113.9:4711", "203.0.113.9"),
        (1, "2001:db8::7", "2001:db8::7"),
        (1, "[2001:db8::7]:4711", "2001:db8::7"),
    ],
)
def test_only_what_a_counted_proxy_wrote_is_believed(settings, count, told, address):
    assert seen(settings, count, told) == address


@pytest.mark.parametrize("told", [None, "", "203.0.113.9", ", ,", "203.0.113.9,"])
def test_too_few_addresses_count_for_nobody_and_the_log_says_so_once(settings, caplog, told):
    for _time in range(3):
        assert seen(settings, 2, told) == NEAREST
    assert caplog.text.count("TRUSTED_PROXY_COUNT is 2.") == 1


@pytest.mark.parametrize("told", ["unknown", "<script>", "203.0.113.999", "a" * 5000])
def test_what_is_no_address_counts_for_nobody(settings, told):
    assert seen(settings, 1, told) == NEAREST


def test_an_old_address_in_the_new_form_is_the_same_address(settings):
    assert seen(settings, 0, nearest="::ffff:192.0.2.7") == "192.0.2.7"
    assert seen(settings, 1, "::ffff:192.0.2.8") == "192.0.2.8"


def test_no_address_at_all_is_none(settings):
    assert seen(settings, 0, nearest="") is None
