"""Browsers in which somebody has signed in before: others' failures do not keep them out.

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

COOKIE = "known_device"
SALT = "clinic.known_devices"
KEPT_FOR = 180 * 24 * 3600  # seconds
# Colleagues share the desk's computer; who signed in last stands first.
MOST_PEOPLE = 12


def known_device(request: HttpRequest, email: str) -> str:
    """Return the name of the browser where this account has signed in with it, else nothing."""
    people = _people(request)
    if not people:
        return ""
    user = User.objects.filter(email__iexact=email).first()
    mark = _mark(user) if user else ""
    return next((name for other, name in people if constant_time_compare(other, mark)), "")


class KnownDeviceMiddleware:
    """Gives a browser a new name for an account each time that account signs in."""

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
    """Let the answer to this request carry the cookie."""
    request.signed_in_here = user  # type: ignore[attr-defined]


def _people(request: HttpRequest) -> list[tuple[str, str]]:
    """Return marks of accounts and the browser's name for each; a made-up cookie has none."""
    try:
        people = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KEPT_FOR)
    except signing.BadSignature:
        return []
    return [(mark, name) for mark, name in people]


def _mark(user: User) -> str:
    """Return what stands for the account in the cookie, until its password changes."""
    return salted_hmac(SALT, f"{user.pk}|{user.password}", algorithm="sha256").hexdigest()[:32]
