"""The profile page, for everybody who signs in."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.forms.accounts import ProfileForm, add_errors
from clinic.requests import SignedInRequest
from clinic.services.profile import update_profile


@require_http_methods(["GET", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    """What a person changes alone: photograph, phone, language; the rest is the clinic's."""
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
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Your profile is saved."))
            return redirect("clinic:profile")
    return render(
        request, "clinic/profile.html", {"form": form}, status=422 if form.errors else 200
    )
