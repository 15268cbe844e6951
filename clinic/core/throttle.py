"""How often something may be tried: the limits in `ACCOUNT_RATE_LIMITS`, counted in the cache."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from clinic.core.client_address import caller

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# Counting takes milliseconds, so a process that holds the lock longer has died.
HELD_AT_MOST = 10  # seconds
WAIT_AT_MOST = 1  # seconds
LOOK_AGAIN_AFTER = 0.01  # seconds


class Try(NamedTuple):
    """One try, and where it was counted."""

    place: str
    seconds: int
    at: float


@dataclass
class Tries:
    """The counts of one request, so that they can be taken back."""

    counted: list[Try] = field(default_factory=list)

    def take_back(self) -> None:
        """Count as if the request had not been made."""
        for one in self.counted:
            with _held(one.place) as is_held:
                if is_held:
                    others = [at for at in cache.get(one.place, []) if at != one.at]
                    cache.set(one.place, others, one.seconds)


def count_try(request: HttpRequest, action: str, key: str) -> Tries | None:
    """Count this request; return nothing where it exceeds the limit."""
    tries = Tries()
    for limit in filter(None, settings.ACCOUNT_RATE_LIMITS[action].split(",")):
        most, window, per = limit.split("/")
        seconds = int(window[:-1] or 1) * SECONDS[window[-1]]
        # Hashed, so that the cache reveals nobody.
        who = hashlib.sha256((caller(request) if per == "ip" else key).encode()).hexdigest()
        one = _counted(f"tries:{action}:{limit}:{who}", int(most), seconds)
        if one is None:
            return None
        tries.counted.append(one)
    return tries


def is_too_often(request: HttpRequest, action: str, *, key: str = "") -> bool:
    """Count this request, and return whether it exceeds the limits."""
    return count_try(request, action, key) is None


def too_often(request: HttpRequest) -> HttpResponse:
    """Return the page that says to wait and try again."""
    return render(request, "429.html", status=429)


def refuse_guess(request: HttpRequest) -> HttpResponse:
    """Answer a wrong secret in an address; a right one is neither counted nor slowed down."""
    if is_too_often(request, "secret_guess"):
        return too_often(request)
    raise Http404


def _counted(place: str, most: int, seconds: int) -> Try | None:
    """Add a try to those of the last seconds, unless the limit is reached."""
    with _held(place) as is_held:
        now = time.time()
        recent = [at for at in cache.get(place, []) if at > now - seconds]
        if not is_held or len(recent) >= most:
            return None
        cache.set(place, [*recent, now], seconds)
        return Try(place, seconds, now)


@contextmanager
def _held(place: str) -> Iterator[bool]:
    """Keep other processes from counting here, and yield whether that worked in time."""
    until = time.monotonic() + WAIT_AT_MOST
    while not cache.add(f"{place}:held", True, HELD_AT_MOST):
        if time.monotonic() > until:
            yield False
            return
        time.sleep(LOOK_AGAIN_AFTER)
    try:
        yield True
    finally:
        cache.delete(f"{place}:held")
