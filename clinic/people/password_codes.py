"""The six digits in the email about a forgotten password, bound to the browser that asked.

The email has a link too. The digits are for somebody who reads it on another device; they open
what the link opens.
"""

import secrets
import time
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from clinic.core.throttle import is_too_often
from clinic.people.models.user import User

SESSION_KEY = "password_code"
LIFETIME = 10 * 60  # seconds


@dataclass(frozen=True)
class Awaited:
    """What the server knows of the code that a browser is asked for; never the digits."""

    email: str
    nonce: str


def expect_code(request: HttpRequest, email: str) -> None:
    """Remember that this browser asked, for a known and an unknown address alike."""
    request.session[SESSION_KEY] = {
        "email": email.lower(),
        "nonce": secrets.token_hex(16),
        "at": time.time(),
    }


def make_code(request: HttpRequest, user: User) -> str:
    """Return the digits for the email if a page asks for them, and remember what they match."""
    kept = request.session.get(SESSION_KEY)
    if not kept:
        return ""
    code = f"{secrets.randbelow(10**6):06d}"
    request.session[SESSION_KEY] = kept | {
        "hmac": _hmac(kept["nonce"], code),
        "user": str(user.pk),
    }
    return code


def awaited_code(request: HttpRequest) -> Awaited | None:
    """Return which code this browser is asked for, while there is time for it."""
    kept = request.session.get(SESSION_KEY)
    if not kept or time.time() - kept["at"] > LIFETIME:
        return None
    return Awaited(kept["email"], kept["nonce"])


def forget_code(request: HttpRequest) -> None:
    """Make the code useless."""
    request.session.pop(SESSION_KEY, None)


def may_still_guess(request: HttpRequest, awaited: Awaited) -> bool:
    """Count a try before it is made: five for a code, and a few dozen a day for an account."""
    return not (
        is_too_often(request, "reset_code", key=awaited.nonce)
        or is_too_often(request, "reset_code_anywhere", key=awaited.email)
    )


def user_of_code(request: HttpRequest, code: str) -> User | None:
    """Return whose password may be chosen with these digits, if they are right."""
    kept = request.session.get(SESSION_KEY, {})
    known = kept.get("hmac", "")
    if not known or not constant_time_compare(known, _hmac(kept["nonce"], code)):
        return None
    return User.objects.filter(pk=kept["user"], is_active=True).first()


def _hmac(nonce: str, code: str) -> str:
    return salted_hmac("clinic.password_code", f"{nonce}:{code}", algorithm="sha256").hexdigest()
