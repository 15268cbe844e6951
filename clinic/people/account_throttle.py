"""Limits on attempts to get into an account."""

from django.http import HttpRequest

from clinic.core.client_address import caller
from clinic.core.throttle import Tries, count_try
from clinic.people.known_devices import known_device


def count_for_account(request: HttpRequest, action: str, email: str) -> Tries | None:
    """Count an attempt on an account; return nothing where it exceeds the limit.

    A browser that the account has used before has its own count, so nobody else can lock it out.
    Once that count is used up, the browser is treated like any stranger.
    """
    email = email.lower()
    device = known_device(request, email)
    tries = count_try(request, action, f"device:{device}") if device else None
    return tries or _count_stranger(request, action, email)


def _count_stranger(request: HttpRequest, action: str, email: str) -> Tries | None:
    """Count by account and address, by account alone and by address alone: all of them or none."""
    counted = Tries()
    for name, key in (
        (action, f"{email}:{caller(request)}"),
        (f"{action}_anywhere", email),
        (f"{action}_nearby", ""),
    ):
        tries = count_try(request, name, key)
        if tries is None:
            counted.take_back()
            return None
        counted.counted += tries.counted
    return counted
