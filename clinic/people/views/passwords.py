"""Forgotten passwords: allauth's pages with the site's own limits, and a code beside the link."""

from typing import Any

from allauth.account.forms import ResetPasswordForm, default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.account.views import PasswordResetFromKeyView, PasswordResetView
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.core.throttle import is_too_often, too_often
from clinic.people.account_throttle import count_for_account
from clinic.people.forms.sign_up import SignUpCodeForm
from clinic.people.password_codes import (
    awaited_code,
    expect_code,
    forget_code,
    may_still_guess,
    user_of_code,
)


class MailedPasswordResetView(PasswordResetView):  # type: ignore[misc]
    """Sends a code and a link, within the limits for known and unknown browsers."""

    success_url = reverse_lazy("clinic:password_code")

    def form_valid(self, form: ResetPasswordForm) -> HttpResponse:
        """Count each email before it is sent."""
        email = form.cleaned_data["email"]
        if not count_for_account(self.request, "reset_mail", email):
            return too_often(self.request)
        expect_code(self.request, email)
        response: HttpResponse = super().form_valid(form)
        return response


@method_decorator(login_not_required, name="dispatch")
class GuessedPasswordResetView(PasswordResetFromKeyView):  # type: ignore[misc]
    """Opens a link; wrong ones are counted, and the right one is never slowed down."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse somebody who tries one wrong link after another."""
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        is_wrong = getattr(self, "reset_user", self) is None
        if is_wrong and is_too_often(request, "reset_link_guess"):
            return too_often(request)
        return response


@login_not_required
@require_http_methods(["GET", "POST"])
def password_code(request: HttpRequest) -> HttpResponse:
    """Ask for the six digits from the email; they open what its link opens."""
    awaited = awaited_code(request)
    if awaited is None:
        return redirect("account_reset_password")
    form = SignUpCodeForm(request.POST or None)
    if form.is_valid():
        if not may_still_guess(request, awaited):
            forget_code(request)
            messages.error(request, _("This code no longer works. Ask for a new one."))
            return redirect("account_reset_password")
        if user := user_of_code(request, form.cleaned_data["code"]):
            forget_code(request)
            # A session from before the address was proved is now useless.
            request.session.cycle_key()
            key = default_token_generator.make_token(user)
            return redirect("account_reset_password_from_key", user_pk_to_url_str(user), key)
        form.add_error(
            "code",
            _("That code is wrong or has been replaced. Use the one in the latest email."),
        )
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "email": awaited.email}
    return render(request, "account/password_code.html", context, status=status)


password_reset = MailedPasswordResetView.as_view()
password_reset_from_key = GuessedPasswordResetView.as_view()
