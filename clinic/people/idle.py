"""How long people stay signed in, with and without a click; the server alone decides."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from importlib import import_module
from math import ceil
from typing import Any

from django.conf import settings
from django.contrib.auth import logout, user_logged_in
from django.contrib.auth.views import redirect_to_login
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.translation import ngettext
from django_htmx.http import HttpResponseClientRedirect

from clinic.core.redirects import parts_of
from clinic.people.models.user import User
from clinic.people.permissions import can_see_portal
from clinic.trail.services.audit import record_time_out

# The header of requests that a page's script sends without a click.
MARK = "X-Without-Click"
# Times in the session, in seconds since 1970.
SIGNED_IN_AT = "signed_in_at"
ACTIVE_AT = "active_at"
# Seconds; a fast series of clicks does not write the session each time.
FRESH_FOR = 5
# Outlives the session, and contains only the reason why it ended.
COOKIE = f"{settings.COOKIE_PREFIX}signed_out"
COOKIE_SECONDS = 12 * 3600
IDLE_STAFF, IDLE_PATIENT, TOO_LONG = "idle-staff", "idle-patient", "too-long"


@dataclass(frozen=True)
class Remaining:
    """How long a session still lasts, and whether activity extends it."""

    seconds: float
    can_be_extended: bool
    reason: str

    @property
    def is_over(self) -> bool:
        """Return whether the person is no longer signed in."""
        return self.seconds <= 0


def idle_reason(user: User) -> str:
    """Return the code of the idle limit that applies to somebody."""
    return IDLE_PATIENT if can_see_portal(user) else IDLE_STAFF


def idle_minutes(reason: str) -> int:
    """Return the minutes that an idle limit allows."""
    minutes: int = {
        IDLE_PATIENT: settings.PATIENT_IDLE_MINUTES,
        IDLE_STAFF: settings.STAFF_IDLE_MINUTES,
    }[reason]
    return minutes


def remaining(request: HttpRequest, user: User) -> Remaining:
    """Return what is left of the session; the limit that comes first counts."""
    now = timezone.now().timestamp()
    reason = idle_reason(user)
    idle = request.session[ACTIVE_AT] + 60 * idle_minutes(reason) - now
    absolute = request.session[SIGNED_IN_AT] + 3600 * settings.SESSION_HOURS - now
    if absolute <= idle:
        return Remaining(absolute, can_be_extended=False, reason=TOO_LONG)
    return Remaining(idle, can_be_extended=True, reason=reason)


def warn_seconds(user: User) -> int:
    """Return how long before the end to warn: a minute, or half of a very short period."""
    return min(60, ceil(30 * idle_minutes(idle_reason(user))))


def note_activity(request: HttpRequest) -> None:
    """Restart the idle time."""
    request.session[ACTIVE_AT] = timezone.now().timestamp()


def last_click_at(session_key: str) -> datetime | None:
    """Return when somebody last clicked in a session, in any browser window."""
    moment = import_module(settings.SESSION_ENGINE).SessionStore(session_key).get(ACTIVE_AT)
    return None if moment is None else datetime.fromtimestamp(moment, tz=UTC)


@receiver(user_logged_in, dispatch_uid="begin_session")
def begin_session(request: HttpRequest, **_kwargs: object) -> None:
    """Note the moment of a sign-in."""
    request.session[SIGNED_IN_AT] = request.session[ACTIVE_AT] = timezone.now().timestamp()


def is_without_click(request: HttpRequest) -> bool:
    """Return whether the page itself sent the request; images that it loads cannot be marked."""
    return MARK in request.headers or request.headers.get("Sec-Fetch-Dest") == "image"


def why_signed_out(request: HttpRequest) -> str:
    """Return what the sign-in page says to somebody whose session has expired."""
    reason = request.COOKIES.get(COOKIE, "")
    if reason == TOO_LONG:
        hours = settings.SESSION_HOURS
        return ngettext(
            "You were signed out, because you signed in %(hours)d hour ago.",
            "You were signed out, because you signed in %(hours)d hours ago.",
            hours,
        ) % {"hours": hours}
    if reason in {IDLE_STAFF, IDLE_PATIENT}:
        minutes = idle_minutes(reason)
        return ngettext(
            "You were signed out after %(minutes)d minute of inactivity.",
            "You were signed out after %(minutes)d minutes of inactivity.",
            minutes,
        ) % {"minutes": minutes}
    return ""


def asked_by_htmx(request: HttpRequest) -> bool:
    """Return whether htmx sent the request, not a script, which follows no redirect."""
    return bool(request.htmx) and "HX-Current-URL" in request.headers  # type: ignore[attr-defined]


def page_of(request: HttpRequest) -> str:
    """Return the page that somebody looks at, even if this request is for a part of it."""
    if asked_by_htmx(request):
        return _of_this_site(request, request.headers["HX-Current-URL"])
    is_navigation = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    if request.method == "GET" and is_navigation and not is_without_click(request):
        return request.get_full_path()
    return _of_this_site(request, request.headers.get("Referer", ""))


def _of_this_site(request: HttpRequest, address: str) -> str:
    page = parts_of(address)
    return page._replace(scheme="", netloc="").geturl() if page.netloc == request.get_host() else ""


def leads_to_sign_in(response: HttpResponse) -> bool:
    """Return whether a response sends the browser to the sign-in page."""
    where = parts_of(response.headers.get("Location", ""))
    return response.status_code == HTTPStatus.FOUND and where.path == resolve_url(
        settings.LOGIN_URL
    )


def way_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send the browser to the sign-in page, and from there back to where it was."""
    page = page_of(request)
    address = redirect_to_login(page).url if page else resolve_url(settings.LOGIN_URL)
    if asked_by_htmx(request):
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)


class TimeOutMiddleware:
    """Signs people out when their time is over, and redirects every kind of request to sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Something broke: who is signed in cannot be found out, or no longer matters.
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return response
        is_signed_in = isinstance(request.user, User)
        # htmx would follow the redirect and put the sign-in page into a fragment.
        if not is_signed_in and asked_by_htmx(request) and leads_to_sign_in(response):
            response = way_to_sign_in(request)
        reason = getattr(request, "timed_out", "")
        if reason and not is_signed_in:
            response.set_cookie(
                COOKIE,
                reason,
                max_age=COOKIE_SECONDS,
                httponly=True,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
            )
        elif is_signed_in and COOKIE in request.COOKIES:
            response.delete_cookie(COOKIE, samesite="Lax")
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: object, _kwargs: object
    ) -> HttpResponse | None:
        """Reject a request that comes too late, before a view sees it."""
        if not isinstance(request.user, User):
            return None
        # A session from before there were limits.
        if SIGNED_IN_AT not in request.session:
            begin_session(request)
        needs_sign_in = getattr(view, "login_required", True)
        if (left := remaining(request, request.user)).is_over:
            sign_out(request, request.user, left.reason)
            # Public pages are still shown to somebody who has been signed out.
            return way_to_sign_in(request) if needs_sign_in else None
        if needs_sign_in and not is_without_click(request):
            age = timezone.now().timestamp() - request.session[ACTIVE_AT]
            if age >= FRESH_FOR:
                note_activity(request)
        return None


def sign_out(request: HttpRequest, user: User, reason: str) -> None:
    """End the session and write down why."""
    record_time_out(user, reason)
    logout(request)
    request.timed_out = reason  # type: ignore[attr-defined]
