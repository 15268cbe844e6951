"""Attempts are counted across all web processes, or in each one while Redis is down."""

import os
import socket
import time

import pytest
import redis
from django.conf import settings

from skinhealth.cache import PatientRedisCache
from tests.machine import missing

REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def nobody_remembers_that_redis_was_away(monkeypatch):
    monkeypatch.setattr(PatientRedisCache, "_away_until", {})


def cache_at(url):
    return PatientRedisCache(
        url,
        {
            "KEY_PREFIX": f"test-{settings.DATA_DIR.name}",
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        },
    )


@pytest.fixture
def two_processes():
    try:
        redis.Redis.from_url(REDIS, socket_connect_timeout=1).ping()
    except redis.RedisError:
        missing("Redis")
    one, other = cache_at(REDIS), cache_at(REDIS)
    yield one, other
    one.delete("attempts")


def test_what_one_process_counts_another_one_sees(two_processes):
    one, other = two_processes
    one.set("attempts", [1.0, 2.0], timeout=30)
    assert other.get("attempts") == [1.0, 2.0]
    assert not other.add("attempts", [])
    assert other.delete("attempts")
    assert one.get("attempts", []) == []


def test_while_redis_is_away_a_process_counts_for_itself(caplog):
    # Each thread of a process has its own cache.
    cache, other = cache_at(NOWHERE), cache_at(NOWHERE)
    assert cache.get("attempts", "nothing") == "nothing"
    cache.set("attempts", [1.0])
    assert other.get("attempts") == [1.0]
    assert not other.add("attempts", [])
    assert other.delete("attempts")
    assert "ConnectionError" in caplog.text
    assert "attempts" not in caplog.text


@pytest.fixture
def hung_redis():
    """Return the URL of a server that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def test_a_redis_that_hangs_is_waited_for_once_by_all_threads(hung_redis, caplog):
    for _ in range(12):
        assert cache_at(hung_redis).get("attempts", "nothing") == "nothing"
    assert caplog.text.count("does not answer") == 1


def test_a_redis_that_is_back_is_asked_again(two_processes, monkeypatch):
    one, other = two_processes
    monkeypatch.setitem(PatientRedisCache._away_until, REDIS, time.monotonic() + 3600)
    one.set("attempts", "own")
    monkeypatch.setitem(PatientRedisCache._away_until, REDIS, time.monotonic())
    assert other.get("attempts") is None
    one.set("attempts", "shared")
    assert other.get("attempts") == "shared"
