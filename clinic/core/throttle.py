"""Limits on requests that need no sign-in; allauth counts them."""

from allauth.core.internal.ratelimit import RateLimitUsage, consume
from allauth.core.ratelimit import respond_429
from django.http import Http404, HttpRequest, HttpResponse


def is_too_often(request: HttpRequest, action: str, *, key: str = "") -> bool:
    """Count this request, and say whether it is one more than `ACCOUNT_RATE_LIMITS` allows."""
    return count_try(request, action, key) is None


def too_often(request: HttpRequest) -> HttpResponse:
    """Return the page that says to wait and try again."""
    response: HttpResponse = respond_429(request)
    return response


def refuse_guess(request: HttpRequest) -> HttpResponse:
    """Answer a wrong secret in an address; the right one is never counted, nor held up."""
    if is_too_often(request, "secret_guess"):
        return too_often(request)
    raise Http404


def count_try(request: HttpRequest, action: str, key: str) -> RateLimitUsage | None:
    """Count this request; return nothing where it is one too many."""
    return consume(request, app="allauth.account", action=action, key=key or None, limit_get=True)
