"""A doctor's calendar address, and what a calendar program reads there."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic.core.http import SignedInRequest
from clinic.core.refusals import refusal_page
from clinic.core.throttle import refuse_guess
from clinic.core.told_once import keep_to_tell
from clinic.people.models.doctor import Doctor
from clinic.scheduling.forms.feeds import InitialsForm
from clinic.scheduling.pages.feeds import NEW_TOKEN_KEY, calendar_response
from clinic.scheduling.permissions import can_keep_calendar_feed
from clinic.scheduling.services.feeds import (
    find_feed,
    read_feed,
    renew_feed,
    revoke_feed,
    show_initials,
)


@login_not_required
@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """Serve a doctor's appointments to holders of the secret: calendar apps cannot sign in."""
    feed = find_feed(token)
    if feed is None or not can_keep_calendar_feed(feed.doctor.user):
        return refuse_guess(request)
    return calendar_response(read_feed(feed), filename="appointments.ics")


@require_POST
def calendar_feed_renew(request: SignedInRequest) -> HttpResponse:
    """Create the first secret address, or a new one in place of the old."""
    doctor = _own_profile(request)
    keep_to_tell(request, NEW_TOKEN_KEY, renew_feed(doctor=doctor, actor=request.user))
    return _to_profile()


@require_POST
def calendar_feed_revoke(request: SignedInRequest) -> HttpResponse:
    """Revoke the secret address."""
    revoke_feed(doctor=_own_profile(request), actor=request.user)
    messages.success(request, _("The calendar address no longer works."))
    return _to_profile()


@require_POST
def calendar_feed_initials(request: SignedInRequest) -> HttpResponse:
    """Show or hide the patients' initials."""
    doctor = _own_profile(request)
    form = InitialsForm(request.POST)
    form.is_valid()
    try:
        show_initials(
            doctor=doctor, actor=request.user, shows_initials=form.cleaned_data["shows_initials"]
        )
    except ValidationError as error:
        return refusal_page(request, error)
    messages.success(request, _("Your choice is saved."))
    return _to_profile()


def _own_profile(request: SignedInRequest) -> Doctor:
    if not can_keep_calendar_feed(request.user):
        raise PermissionDenied
    return request.user.doctor


def _to_profile() -> HttpResponse:
    return redirect("clinic:profile")
