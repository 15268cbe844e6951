"""Who has to prove by a second factor that it is them, and what the audit trail notes of it."""

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

from clinic.core.encryption import open_text, seal_text
from clinic.core.mail import send_mail_to
from clinic.core.models.clinic_settings import ClinicSettings
from clinic.people.models.user import User
from clinic.people.permissions import must_have_second_factor
from clinic.people.services.second_factors import SECRETS_CONTEXT
from clinic.people.services.sessions import end_sessions
from clinic.trail.services.audit import record_second_factor

SESSION_KEY = "has_second_factor"
# What somebody without a second factor still reaches: the way to one, and the way out.
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
    """How the second factor is called here, and how its secrets are stored."""

    error_messages: ClassVar[dict[str, str | Promise]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is wrong or already used. Wait for the next one."),
    }

    def get_totp_issuer(self) -> str:
        """Return the clinic's name, which the app shows next to the code."""
        return ClinicSettings.objects.current().name

    def encrypt(self, text: str) -> str:
        """Return a secret as it is stored, encrypted."""
        return seal_text(text, context=SECRETS_CONTEXT)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the decrypted secret."""
        return open_text(encrypted_text, context=SECRETS_CONTEXT)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Whoever must have a second factor may change it, not give up the last one."""
        if not is_required(authenticator.user):
            return True
        factors = Authenticator.objects.filter(user=authenticator.user).exclude(
            type=Authenticator.Type.RECOVERY_CODES
        )
        return bool(factors.exclude(pk=authenticator.pk).exists())


class SecondFactorMiddleware:
    """Lead whoever must have a second factor, and has none yet, to where one is set up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Let nothing but the way to a second factor be seen without one."""
        match = request.resolver_match
        if match is None or match.view_name in OPEN_WITHOUT or not is_due(request):
            return None
        way = resolve_url("mfa_activate_totp")
        return HttpResponseClientRedirect(way) if request.htmx else redirect(way)  # type: ignore[attr-defined]


def is_required(user: User) -> bool:
    """Return whether this person may not work without a second factor."""
    return bool(settings.MFA_REQUIRED) and must_have_second_factor(user)


def is_due(request: HttpRequest) -> bool:
    """Return whether the person must have a second factor and has none; asked once a session."""
    user = request.user
    if not isinstance(user, User) or not is_required(user) or request.session.get(SESSION_KEY):
        return False
    if not get_adapter().is_mfa_enabled(user):
        return True
    request.session[SESSION_KEY] = True
    return False


@receiver(authenticator_added)
def note_added(user: User, authenticator: Authenticator, **_kwargs: Any) -> None:
    """Write down that somebody has set up a second factor, and tell the person."""
    record_second_factor(user, change="added", kind=authenticator.type)
    _tell(user, authenticator, is_added=True)


@receiver(authenticator_removed)
def note_removed(
    request: HttpRequest, user: User, authenticator: Authenticator, **_kwargs: Any
) -> None:
    """Write down that somebody has given up a second factor; other browsers are signed out."""
    request.session.pop(SESSION_KEY, None)
    end_sessions(user, but=request.session.session_key)
    record_second_factor(user, change="removed", kind=authenticator.type)
    _tell(user, authenticator, is_added=False)


@receiver(authentication_failed)
def note_failed(user: User, authenticator: Authenticator, **_kwargs: Any) -> None:
    """Write down a wrong code, without the code."""
    record_second_factor(user, change="failed", kind=authenticator.type)


def _tell(user: User, authenticator: Authenticator, *, is_added: bool) -> None:
    # Recovery codes come and go with the factors that they stand in for.
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        send_mail_to(user, "second_factor_changed", {"is_added": is_added})
