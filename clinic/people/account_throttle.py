"""How often somebody may try to get into an account."""

from allauth.core.internal.ratelimit import RateLimitUsage, get_ip
from django.http import HttpRequest

from clinic.core.throttle import count_try
from clinic.people.known_devices import known_device


def count_for_account(request: HttpRequest, action: str, email: str) -> RateLimitUsage | None:
    """Count a try at an account; return nothing where it is one too many.

    A browser that the account knows is counted by itself, so that nobody else can shut it out.
    Once its own tries are spent it is a stranger like any other.
    """
    email = email.lower()
    device = known_device(request, email)
    usage = count_try(request, action, f"device:{device}") if device else None
    return usage or _count_stranger(request, action, email)


def _count_stranger(request: HttpRequest, action: str, email: str) -> RateLimitUsage | None:
    """Count by account and address, by account alone and by address alone: all of them or none."""
    counted = RateLimitUsage(usage=[])
    for name, key in (
        (action, f"{email}:{get_ip(request)}"),
        (f"{action}_anywhere", email),
        (f"{action}_nearby", ""),
    ):
        usage = count_try(request, name, key)
        if usage is None:
            counted.rollback()
            return None
        counted.usage += usage.usage
    return counted
