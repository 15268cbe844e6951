"""Who needs a second factor to sign in, and what the audit trail notes about it."""

from collections.abc import Callable
from typing import Any, ClassVar

from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_removed
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect

from clinic.core.mail import send_mail_to
from clinic.core.models.clinic_settings import ClinicSettings
from clinic.people.models.user import User
from clinic.people.permissions import must_have_second_factor
from clinic.people.services.second_factors import open_secret, seal_new_secret
from clinic.people.services.sessions import end_sessions
from clinic.people.used_codes import use_code
from clinic.trail.services.audit import record_second_factor

SESSION_KEY = "has_second_factor"
# Pages open to somebody without a second factor: those to set one up, and sign-out.
OPEN_WITHOUT = {
    "account_logout",
    "account_reauthenticate",
    "clinic:session_left",
    "clinic:session_stay",
    "language_set",
    "mfa_activate_totp",
    "mfa_add_webauthn",
}


class ClinicMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The name of the second factor here, and how its secrets are stored."""

    error_messages: ClassVar[dict[str, str | Promise]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is wrong or already used. Wait for the next one."),
    }

    def get_totp_issuer(self) -> str:
        """Return the clinic's name, which the app shows next to the code."""
        return ClinicSettings.objects.current().name

    def encrypt(self, text: str) -> str:
        """Return a secret as it is stored, encrypted."""
        return seal_new_secret(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the decrypted secret."""
        return open_secret(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Let people who need a second factor change it, but not remove the last one."""
        if not is_required(authenticator.user):
            return True
        factors = Authenticator.objects.filter(user=authenticator.user).exclude(
            type=Authenticator.Type.RECOVERY_CODES
        )
        return bool(factors.exclude(pk=authenticator.pk).exists())


class SecondFactorMiddleware:
    """Redirects people who need a second factor and have none to where they set one up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Show nothing but the pages to set up a second factor to those who lack one."""
        match = request.resolver_match
        if match is None or match.view_name in OPEN_WITHOUT or not is_due(request):
            return None
        way = resolve_url("mfa_activate_totp")
        return HttpResponseClientRedirect(way) if request.htmx else redirect(way)  # type: ignore[attr-defined]


def is_required(user: User) -> bool:
    """Return whether this person must not work without a second factor."""
    return bool(settings.MFA_REQUIRED) and must_have_second_factor(user)


def is_due(request: HttpRequest) -> bool:
    """Return whether a required second factor is missing; queried once per session."""
    user = request.user
    if not isinstance(user, User) or not is_required(user) or request.session.get(SESSION_KEY):
        return False
    if not get_adapter().is_mfa_enabled(user):
        return True
    request.session[SESSION_KEY] = True
    return False


@receiver(authenticator_added)
def note_added(
    request: HttpRequest, user: User, authenticator: Authenticator, **_kwargs: Any
) -> None:
    """Note that somebody has set up a second factor, and tell the person."""
    if authenticator.type == Authenticator.Type.TOTP:
        # The library does not count the code that proved the app as used.
        use_code(user, request.POST.get("code", ""))
    record_second_factor(user, change="added", kind=authenticator.type)
    _tell(user, authenticator, is_added=True)


@receiver(authenticator_removed)
def note_removed(
    request: HttpRequest, user: User, authenticator: Authenticator, **_kwargs: Any
) -> None:
    """Note that somebody has removed a second factor, and sign out the other browsers."""
    request.session.pop(SESSION_KEY, None)
    end_sessions(user, but=request.session.session_key)
    record_second_factor(user, change="removed", kind=authenticator.type)
    _tell(user, authenticator, is_added=False)


@receiver(authentication_failed)
def note_failed(user: User, authenticator: Authenticator, **_kwargs: Any) -> None:
    """Note a wrong code, without the code itself."""
    record_second_factor(user, change="failed", kind=authenticator.type)


def _tell(user: User, authenticator: Authenticator, *, is_added: bool) -> None:
    # Recovery codes come and go with the factors that they replace.
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        send_mail_to(user, "second_factor_changed", {"is_added": is_added})
