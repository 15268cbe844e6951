"""Forgotten passwords: allauth's pages with the site's own limits."""

from typing import Any

from allauth.account.forms import ResetPasswordForm
from allauth.account.views import PasswordResetFromKeyView, PasswordResetView
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator

from clinic.core.throttle import is_too_often, too_often
from clinic.people.account_throttle import count_for_account


class MailedPasswordResetView(PasswordResetView):  # type: ignore[misc]
    """Sends a link, within the limits for known and unknown browsers."""

    def form_valid(self, form: ResetPasswordForm) -> HttpResponse:
        """Count each email before it is sent."""
        if not count_for_account(self.request, "reset_mail", form.cleaned_data["email"]):
            return too_often(self.request)
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


password_reset = MailedPasswordResetView.as_view()
password_reset_from_key = GuessedPasswordResetView.as_view()
