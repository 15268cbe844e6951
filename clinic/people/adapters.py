"""How sign-in works here: the words, emails and audit rows that allauth leaves to the site."""

import time
from typing import Any, ClassVar

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clinic.core.client_address import client_address
from clinic.core.mail import send_mail
from clinic.core.redirects import parts_of
from clinic.core.throttle import Tries
from clinic.people.account_throttle import count_for_account
from clinic.people.models.user import User
from clinic.people.password_codes import LIFETIME, make_code
from clinic.people.second_factor import is_due
from clinic.trail.services.audit import (
    record_failed_sign_in,
    record_lockout,
    record_password_set,
    record_sign_in,
    record_sign_out,
)

LOCKED_FOR = 15 * 60  # seconds, as in `ACCOUNT_RATE_LIMITS` under `password`
TYPED_AT = "password_typed_at"  # in the session, until the app is set up


class ClinicAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Lets nobody register through allauth, and reveals to nobody which addresses have accounts."""

    tries: Tries | None = None
    error_messages: ClassVar[dict[str, str | Promise]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("Wrong email address or password."),
        "too_many_login_attempts": _("Too many attempts. Wait 15 minutes and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: `clinic.people.views.sign_up`, not allauth's form, registers patients."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that limits and session lists use."""
        address = client_address(request)
        if address is None:
            raise PermissionDenied
        return address

    def is_safe_url(self, url: str) -> bool:
        """Return whether a page to go on to is one of this site, and can be read at all."""
        return parts_of(url) != parts_of("") and bool(super().is_safe_url(url))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count an attempt, and note a lockout once per account or unknown caller."""
        email = credentials.get("email", "")
        self.tries = count_for_account(request, "password", email)
        if self.tries:
            return
        user = User.objects.filter(email__iexact=email).first()
        whom = user.pk if user else client_address(request)
        # A bot must not fill the trail.
        if cache.add(f"lockout-noted-{whom}", True, timeout=LOCKED_FOR):
            record_lockout(user)
        raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Treat a deactivated account like a wrong password; allauth would reveal more."""
        user: User | None = super().authenticate(request, **credentials)
        if user is None:
            return None
        if self.tries:
            self.tries.take_back()  # the right password is not a guess
        if not user.is_active:
            self.authentication_failed(request, **credentials)
            return None
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Note the failure without what was typed: people type passwords into the wrong field."""
        email = credentials.get("email", "")
        record_failed_sign_in(User.objects.filter(email__iexact=email).first())

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Add the sign-in to the audit trail."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        record_sign_in(user)
        if is_due(request):
            request.session[TYPED_AT] = time.time()
        return response

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Do not ask again for a password that was just typed, on the way to set up the app."""
        typed_at: float = self.request.session.get(TYPED_AT, 0)
        if time.time() - typed_at < app_settings.REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def logout(self, request: HttpRequest) -> None:
        """Add the sign-out to the audit trail."""
        user = request.user
        super().logout(request)
        if isinstance(user, User):
            record_sign_out(user)

    @transaction.atomic
    def set_password(self, user: User, password: str) -> None:
        """Store a password that the person chose, and note it in the audit trail."""
        super().set_password(user, password)
        record_password_set(user)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send allauth's emails from the site's own templates, in the person's language."""
        user = context.get("user")
        language = user.language if isinstance(user, User) else get_language()
        name = template_prefix.rsplit("/", maxsplit=1)[-1]
        context = {**context, "person": user, "hours": settings.PASSWORD_RESET_TIMEOUT // 3600}
        if name == "password_reset_key" and isinstance(user, User):
            code = make_code(self.request, user)
            name = "password_reset_code" if code else name
            context |= {"code": code, "minutes": LIFETIME // 60}
        if not send_mail(name, to=email, language=language, context=context):
            messages.error(
                self.request, _("The email could not be sent. Please try again in a few minutes.")
            )
            raise ImmediateHttpResponse(redirect("account_reset_password"))
