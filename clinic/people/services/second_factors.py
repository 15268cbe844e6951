"""Remove the second factors of somebody who lost the phone, and rotate the keys of secrets."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from clinic.core.encryption import first_text_prefix, open_text, seal_text
from clinic.people.models.user import User
from clinic.people.services.contact_news import tell_of_sign_in_change
from clinic.people.services.sessions import end_sessions
from clinic.people.services.sign_in_address import earlier_addresses, refuse_factor_removal
from clinic.trail.services.audit import record_second_factor

SECRETS_CONTEXT = "mfa_authenticator.data"
# Of authenticator apps and recovery codes; what a passkey stores here is public.
SECRETS = ("secret", "seed")


@transaction.atomic
def remove_second_factors(*, user: User, actor: User) -> None:
    """Remove every second factor of an account, and sign the person out everywhere."""
    refuse_factor_removal(user, actor=actor)
    Authenticator.objects.filter(user=user).delete()
    end_sessions(user)
    event = record_second_factor(actor, change="removed", kind="all", of=user)
    addresses = [user.email, *earlier_addresses(user)]
    tell_of_sign_in_change(user, addresses=addresses, event=event, actor=actor)


def secrets_under_old_keys() -> dict[Authenticator, list[str]]:
    """Return the names of each second factor's secrets not encrypted with the first key."""
    factors = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk")
    found = {factor: _names_under_old_keys(factor) for factor in factors}
    return {factor: names for factor, names in found.items() if names}


@transaction.atomic
def rotate_secrets(factor: Authenticator) -> int:
    """Encrypt the secrets of a factor with the first key; return how many changed."""
    locked = Authenticator.objects.select_for_update().filter(pk=factor.pk).first()
    names = _names_under_old_keys(locked) if locked else []
    for name in names:
        plain = open_text(locked.data[name], context=SECRETS_CONTEXT)
        locked.data[name] = seal_text(plain, context=SECRETS_CONTEXT)
    if names:
        locked.save(update_fields=["data"])
    return len(names)


def _names_under_old_keys(factor: Authenticator) -> list[str]:
    stored = {name: factor.data[name] for name in SECRETS if name in factor.data}
    return [name for name, text in stored.items() if not text.startswith(first_text_prefix())]
