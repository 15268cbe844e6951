"""The session key of the screen's new address."""

from django.urls import reverse

from clinic.core.http import SignedInRequest
from clinic.core.told_once import tell_once

# A new secret waits here for the one page that shows it.
NEW_SECRET_KEY = "new_screen_secret"  # noqa: S105  a session key, not a secret


def take_new_address(request: SignedInRequest) -> str:
    """Return the full new address for the one page that shows it; after that, nothing."""
    secret = tell_once(request, NEW_SECRET_KEY)
    if not secret:
        return ""
    return request.build_absolute_uri(reverse("clinic:waiting_screen", args=[secret]))
