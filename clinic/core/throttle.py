"""How often somebody may ask for what needs no sign-in; allauth counts it."""

from allauth.core.internal.ratelimit import RateLimitUsage, consume, get_ip
from allauth.core.ratelimit import respond_429
from django.http import Http404, HttpRequest, HttpResponse

from clinic.people.known_devices import known_device


def is_too_often(request: HttpRequest, action: str, *, key: str = "") -> bool:
    """Counts this request, and says whether it is one more than `ACCOUNT_RATE_LIMITS` allows."""
    return _count(request, action, key) is None


def too_often(request: HttpRequest) -> HttpResponse:
    """The page that asks for patience."""
    response: HttpResponse = respond_429(request)
    return response


def refuse_guess(request: HttpRequest) -> HttpResponse:
    """Answers a wrong secret in an address; the right one is never counted, nor held up."""
    if is_too_often(request, "secret_guess"):
        return too_often(request)
    raise Http404


def count_for_account(request: HttpRequest, action: str, email: str) -> RateLimitUsage | None:
    """Count a try at an account; return nothing where it is one too many.

    A browser that the account knows is counted by itself, so that nobody else can shut it out.
    Once its own tries are spent it is a stranger like any other.
    """
    email = email.lower()
    device = known_device(request, email)
    usage = _count(request, action, f"device:{device}") if device else None
    return usage or _count_stranger(request, action, email)


def _count_stranger(request: HttpRequest, action: str, email: str) -> RateLimitUsage | None:
    """Count by account and address, by account alone and by address alone: all of them or none."""
    counted = RateLimitUsage(usage=[])
    for name, key in (
        (action, f"{email}:{get_ip(request)}"),
        (f"{action}_anywhere", email),
        (f"{action}_nearby", ""),
    ):
        usage = _count(request, name, key)
        if usage is None:
            counted.rollback()
            return None
        counted.usage += usage.usage
    return counted


def _count(request: HttpRequest, action: str, key: str) -> RateLimitUsage | None:
    return consume(request, app="allauth.account", action=action, key=key or None, limit_get=True)
