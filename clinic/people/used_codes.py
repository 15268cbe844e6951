"""Codes of second factors that were used and open nothing again.

The library remembers them for half a minute, but the clock takes a code for longer, because the
clocks of phones differ.
"""

import hashlib
import unicodedata

from django.conf import settings
from django.core.cache import cache

from clinic.people.models.user import User

STEP = 30  # seconds
REMEMBERED = STEP * (2 * settings.MFA_TOTP_TOLERANCE + 2)


def use_code(user: User, code: str) -> bool:
    """Remember a code as used; return whether it was new."""
    # However it is spaced, and in whichever digits.
    digits = "".join(
        str(unicodedata.decimal(sign, sign)) for sign in code.lower() if sign.isalnum()
    )
    key = hashlib.sha256(f"{user.pk} {digits}".encode()).hexdigest()
    return bool(cache.add(f"used-code-{key}", 1, REMEMBERED))
