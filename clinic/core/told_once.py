"""Secrets that one page shows once; until then they wait in the session, encrypted."""

from clinic.core.encryption import open_text, seal_text
from clinic.core.http import SignedInRequest

CONTEXT = "session.told_once"


def keep_to_tell(request: SignedInRequest, place: str, secret: str) -> None:
    """Keep a new secret for the one page that tells it; the last one replaces an earlier one."""
    # Sessions lie in the database, which otherwise holds fingerprints of secrets alone.
    request.session[place] = seal_text(secret, context=CONTEXT)


def tell_once(request: SignedInRequest, place: str) -> str:
    """Return the secret that waits, and forget it; nothing where it was told already."""
    sealed = request.session.pop(place, "")
    return open_text(sealed, context=CONTEXT) if sealed else ""
