"""Only so many tries in a period, counted across concurrent processes."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.test import RequestFactory

from clinic.core import throttle
from clinic.core.throttle import count_try, is_too_often


@pytest.fixture(autouse=True)
def limits(settings):
    settings.ACCOUNT_RATE_LIMITS = {"guess": "3/m/key", "call": "2/10s/ip", "open": ""}


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that only moves when told to."""
    now = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(throttle.time, "time", lambda: now.seconds)
    return now


def call(address="192.0.2.1"):
    return RequestFactory(REMOTE_ADDR=address).get("/")


def refused(action, times, address="192.0.2.1", key="somebody"):
    return [is_too_often(call(address), action, key=key) for _time in range(times)]


def test_a_try_counts_until_its_seconds_are_over(clock):
    for at, is_refused in ((0, False), (30, False), (59, False), (59.9, True), (60.1, False)):
        clock.seconds = 1000 + at
        assert refused("guess", 1) == [is_refused], at
    assert refused("guess", 1) == [True]


def test_a_refused_try_makes_nobody_wait_longer(clock):
    refused("guess", 10)
    clock.seconds += 60
    assert refused("guess", 3) == [False] * 3


def test_a_try_that_was_taken_back_was_none():
    for _number in range(10):
        count_try(call(), "guess", "somebody").take_back()
    assert refused("guess", 4) == [False, False, False, True]


def test_keys_and_addresses_count_apart():
    assert refused("guess", 4)[-1]
    assert refused("guess", 4, key="somebody else") == [False, False, False, True]
    assert refused("call", 3)[-1]
    assert refused("call", 3, "192.0.2.2") == [False, False, True]


def test_the_addresses_of_one_network_of_ipv6_are_one_caller():
    assert refused("call", 2, "2001:db8::1") == [False, False]
    assert refused("call", 1, "2001:db8::2") == [True]
    assert refused("call", 1, "2001:db8:0:1::1") == [False]


def test_what_has_no_limit_is_never_refused():
    assert not any(refused("open", 200))


def test_an_action_that_nobody_limited_is_a_mistake():
    with pytest.raises(KeyError):
        refused("gues", 1)


def test_those_who_try_at_once_have_no_more_tries_together():
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _number: refused("guess", 1)[0], range(24)))
    assert answers.count(False) == 3


def test_a_try_that_cannot_be_counted_is_refused(monkeypatch):
    monkeypatch.setattr(throttle, "WAIT_AT_MOST", 0)
    assert refused("guess", 1) == [False]
    add = cache.add
    monkeypatch.setattr(cache, "add", lambda name, *rest: "held" not in name and add(name, *rest))
    assert refused("guess", 1) == [True]


def test_the_cache_does_not_know_who_tried(monkeypatch):
    names = []
    write = cache.set
    monkeypatch.setattr(
        cache, "set", lambda name, *rest: (names.append(name), write(name, *rest))[1]
    )
    refused("guess", 1, key="somebody@example.org")
    refused("call", 1, "192.0.2.77")
    assert len(names) == 2
    assert "somebody" not in str(names)
    assert "192.0.2.77" not in str(names)
