"""The screen in the waiting room: a secret address that shows tokens, never names."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic.core.http import SignedInRequest
from clinic.core.throttle import refuse_guess
from clinic.core.told_once import keep_to_tell
from clinic.scheduling.pages.waiting_screen import NEW_SECRET_KEY
from clinic.scheduling.permissions import can_run_desk
from clinic.scheduling.services.waiting_screen import (
    find_screen,
    read_screen,
    renew_screen,
    revoke_screen,
)


@login_not_required
@require_safe
def waiting_screen(request: HttpRequest, secret: str) -> HttpResponse:
    """Show who is called and who is next on the waiting-room screen."""
    screen = find_screen(secret)
    if screen is None:
        return refuse_guess(request)
    is_refresh = request.headers.get("HX-Request") == "true"
    response = render(
        request,
        "clinic/scheduling/partials/screen_state.html"
        if is_refresh
        else "clinic/scheduling/waiting_screen.html",
        {"state": read_screen(screen), "now": timezone.now()},
    )
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@require_POST
def waiting_screen_renew(request: SignedInRequest) -> HttpResponse:
    """Create the first secret address, or a new one in place of the old."""
    if not can_run_desk(request.user):
        raise PermissionDenied
    keep_to_tell(request, NEW_SECRET_KEY, renew_screen(actor=request.user))
    return _to_the_screen()


@require_POST
def waiting_screen_revoke(request: SignedInRequest) -> HttpResponse:
    """Revoke the secret address: the screen goes blank."""
    if not can_run_desk(request.user):
        raise PermissionDenied
    revoke_screen(actor=request.user)
    messages.success(request, _("The address of the screen no longer works."))
    return _to_the_screen()


def _to_the_screen() -> HttpResponse:
    return redirect(reverse("clinic:waiting_room", fragment="screen"))
