"""Where the screen's new address waits to be told."""

from django.urls import reverse

from clinic.core.http import SignedInRequest
from clinic.core.told_once import tell_once

# A new secret waits here for the one page that tells it.
NEW_SECRET_KEY = "new_screen_secret"  # noqa: S105  the name of a place, no secret


def take_new_address(request: SignedInRequest) -> str:
    """Return the whole new address, for the one page that tells it; after that, nothing."""
    secret = tell_once(request, NEW_SECRET_KEY)
    if not secret:
        return ""
    return request.build_absolute_uri(reverse("clinic:waiting_screen", args=[secret]))
