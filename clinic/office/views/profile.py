"""The profile page, for everybody who signs in."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from clinic.core.told_once import tell_once
from clinic.people.forms.accounts import ProfileForm
from clinic.people.permissions import can_manage_own_consents
from clinic.people.services.profile import update_profile
from clinic.scheduling.forms.feeds import InitialsForm
from clinic.scheduling.pages.feeds import NEW_TOKEN_KEY
from clinic.scheduling.permissions import can_keep_calendar_feed
from clinic.scheduling.services.feeds import feed_of


@require_http_methods(["GET", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    """Let people change their photograph, phone and language; the clinic changes the rest."""
    is_sent = request.method == "POST"
    form = ProfileForm(
        request.POST if is_sent else None, request.FILES if is_sent else None, user=request.user
    )
    if form.is_valid():
        try:
            update_profile(
                user=request.user,
                phone=str(form.cleaned_data["phone"]),
                language=form.cleaned_data["language"],
                portrait=form.cleaned_data["photograph"],
                removes_portrait=form.cleaned_data.get("removes_photograph", False),
                wants_digest=form.cleaned_data.get("wants_digest", False),
                refuse_stale=form.refuse_stale,
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Your profile is saved."))
            return redirect("clinic:profile")
    context = {
        "form": form,
        "is_own_patient": can_manage_own_consents(request.user),
        **_calendar_feed(request),
    }
    return render(
        request, "clinic/office/profile.html", context, status=422 if form.errors else 200
    )


def _calendar_feed(request: SignedInRequest) -> dict[str, object]:
    """Return the doctor's calendar address, shown once, on the page after it was created."""
    if not can_keep_calendar_feed(request.user):
        return {"has_calendar_feed": False}
    feed = feed_of(request.user)
    token = tell_once(request, NEW_TOKEN_KEY)
    path = reverse("clinic:calendar_feed", args=[token]) if token else ""
    return {
        "has_calendar_feed": True,
        "feed": feed,
        "feed_address": request.build_absolute_uri(path) if path else "",
        "initials_form": InitialsForm(instance=feed),
    }
