"""Browsers in which an account has signed in before, so that others cannot lock it out.

The cookie follows OWASP's "Slow Down Online Guessing Attacks with Device Cookies".
"""

import secrets
from collections.abc import Callable

from allauth.account.signals import password_changed
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.core import signing
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from clinic.people.models.user import User

COOKIE = f"{settings.COOKIE_PREFIX}known_device"
SALT = "clinic.known_devices"
KEPT_FOR = 180 * 24 * 3600  # seconds
# Colleagues share the desk's computer; the last to sign in comes first.
MOST_PEOPLE = 12


def known_device(request: HttpRequest, email: str) -> str:
    """Return the browser's name for this account if the account has signed in with it."""
    people = _people(request)
    if not people:
        return ""
    user = User.objects.filter(email__iexact=email).first()
    mark = _mark(user) if user else ""
    return next((name for other, name in people if constant_time_compare(other, mark)), "")


class KnownDeviceMiddleware:
    """Gives the browser a new name for an account each time that account signs in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        user = getattr(request, "signed_in_here", None)
        if user is not None:
            mark = _mark(user)
            others = [(other, name) for other, name in _people(request) if other != mark]
            people = [(mark, secrets.token_urlsafe(12)), *others][:MOST_PEOPLE]
            response.set_cookie(
                COOKIE,
                signing.dumps(people, salt=SALT),
                max_age=KEPT_FOR,
                httponly=True,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
            )
        return response


@receiver([user_logged_in, password_changed], dispatch_uid="remember_device")
def remember_device(request: HttpRequest, user: User, **_kwargs: object) -> None:
    """Set the cookie in the response to this request."""
    request.signed_in_here = user  # type: ignore[attr-defined]


def _people(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the marks of accounts with the browser's name for each; none for a forged cookie."""
    try:
        people = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KEPT_FOR)
    except signing.BadSignature:
        return []
    return [(mark, name) for mark, name in people]


def _mark(user: User) -> str:
    """Return the mark of the account in the cookie, which changes with its password."""
    return salted_hmac(SALT, f"{user.pk}|{user.password}", algorithm="sha256").hexdigest()[:32]
