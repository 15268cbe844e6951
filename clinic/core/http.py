"""What views can rely on when somebody has signed in."""

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

if TYPE_CHECKING:
    from clinic.people.models.user import User

# The element of a page, such as the calendar, that shows another page without leaving the first.
DIALOG_ID = "dialog-page"


class SignedInRequest(HttpRequest):
    """A request behind LoginRequiredMiddleware."""

    user: "User"
    htmx: HtmxDetails


def is_in_dialog(request: HttpRequest) -> bool:
    """Return whether the answer will be shown in a dialog above the page."""
    htmx: HtmxDetails | None = getattr(request, "htmx", None)
    return htmx is not None and htmx.target == DIALOG_ID
