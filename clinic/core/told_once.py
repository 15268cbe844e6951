"""Secrets that one page shows once; until then they wait in the session, encrypted."""

from clinic.core.encryption import UnreadableError, open_text, seal_text
from clinic.core.http import SignedInRequest

CONTEXT = "session.told_once"


def keep_to_tell(request: SignedInRequest, place: str, secret: str) -> None:
    """Keep a new secret for the one page that shows it; it replaces any earlier one."""
    # Sessions are in the database, which otherwise only contains fingerprints of secrets.
    request.session[place] = seal_text(secret, context=CONTEXT)


def tell_once(request: SignedInRequest, place: str) -> str:
    """Return the secret that waits and forget it; return nothing where it was already shown."""
    sealed = request.session.pop(place, "")
    try:
        return open_text(sealed, context=CONTEXT) if sealed else ""
    except UnreadableError:
        return ""  # from before an update of the site; a new secret can be made
