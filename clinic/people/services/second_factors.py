"""Remove the second factors of somebody who lost the phone, and rotate the keys of secrets."""

from contextlib import suppress
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models.signals import post_init, pre_save
from django.dispatch import receiver

from clinic.core.encryption import (
    UnreadableError,
    first_text_prefix,
    is_old_text,
    open_text,
    row_key,
    seal_text,
)
from clinic.core.old_format import is_old_format_readable
from clinic.people.models.user import User
from clinic.people.services.contact_news import tell_of_sign_in_change
from clinic.people.services.sessions import end_sessions
from clinic.people.services.sign_in_address import earlier_addresses, refuse_factor_removal
from clinic.trail.services.audit import record_second_factor

SECRETS_CONTEXT = "mfa_authenticator.data"
# Until the row is stored; nothing in the database opens with it.
NEW_CONTEXT = "mfa_authenticator.data, new"
# Of authenticator apps and recovery codes; what a passkey stores here is public.
SECRETS = ("secret", "seed")


class Placed(str):
    """A sealed secret that knows the account and the kind of second factor that it belongs to."""

    __slots__ = ("row",)
    row: str

    @classmethod
    def at(cls, sealed: str, factor: Any, name: str) -> "Placed":
        """Return the secret with its place."""
        placed = cls(sealed)
        placed.row = f"{row_key(factor.user_id)}/{factor.type}/{name}"
        return placed


def seal_new_secret(plain: str) -> str:
    """Encrypt a secret of which the library has not yet said whose it is."""
    return seal_text(plain, context=NEW_CONTEXT)


def open_secret(sealed: str) -> str:
    """Decrypt a secret; one from the database opens at its own account alone."""
    if not isinstance(sealed, Placed):
        return open_text(sealed, context=NEW_CONTEXT)
    takes_old = is_old_text(sealed) and is_old_format_readable()
    return open_text(sealed, context=SECRETS_CONTEXT, row=sealed.row, takes_old=takes_old)


def open_secrets(factor: Authenticator) -> list[str]:
    """Decrypt every secret of a factor from the database."""
    return [open_secret(factor.data[name]) for name in _names(factor)]


@receiver(post_init, sender=Authenticator, dispatch_uid="place_secrets")
def place_secrets(instance: Authenticator, **_kwargs: object) -> None:
    """Tell each secret that was read whose it is."""
    if instance.pk is not None and "data" not in instance.get_deferred_fields():
        for name in _names(instance):
            instance.data[name] = Placed.at(instance.data[name], instance, name)


@receiver(pre_save, sender=Authenticator, dispatch_uid="bind_new_secrets")
def bind_new_secrets(instance: Authenticator, **_kwargs: object) -> None:
    """Bind new secrets to the account that they are stored for."""
    for name in _names(instance):
        sealed = instance.data[name]
        placed = Placed.at(sealed, instance, name)
        plain = _opened_unbound(placed)
        if plain is not None:
            sealed = seal_text(plain, context=SECRETS_CONTEXT, row=placed.row)
            instance.data[name] = Placed.at(sealed, instance, name)


@transaction.atomic
def bind_secrets(factor: Authenticator) -> int:
    """Bind the secrets of a factor to its account; return how many were not yet."""
    locked = Authenticator.objects.select_for_update().filter(pk=factor.pk).first()
    changed = 0
    for name in _names(locked) if locked else ():
        placed = Placed.at(locked.data[name], locked, name)
        plain = _opened_unbound(placed, takes_old=True)
        if plain is not None:
            locked.data[name] = seal_text(plain, context=SECRETS_CONTEXT, row=placed.row)
            changed += 1
    if changed:
        locked.save(update_fields=["data"])
    return changed


def plain_secret(factor: Any, name: str) -> str:
    """Decrypt a secret, bound or not, for a migration backwards."""
    placed = Placed.at(factor.data[name], factor, name)
    plain = _opened_unbound(placed, takes_old=True)
    return open_text(placed, context=SECRETS_CONTEXT, row=placed.row) if plain is None else plain


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
        placed = Placed.at(locked.data[name], locked, name)
        plain = open_text(placed, context=SECRETS_CONTEXT, row=placed.row, takes_old=True)
        locked.data[name] = seal_text(plain, context=SECRETS_CONTEXT, row=placed.row)
    if names:
        locked.save(update_fields=["data"])
    return len(names)


def _names_under_old_keys(factor: Authenticator) -> list[str]:
    prefix = first_text_prefix()
    return [name for name in _names(factor) if not factor.data[name].startswith(prefix)]


def _names(factor: Authenticator) -> list[str]:
    """Return the names of the secrets that a factor has; passkeys have none."""
    if factor.type == Authenticator.Type.WEBAUTHN:
        return []
    return [name for name in SECRETS if isinstance(factor.data.get(name), str)]


def _opened_unbound(placed: Placed, *, takes_old: bool = False) -> str | None:
    """Return a secret that is not bound to its account yet, None for any other."""
    for context in (NEW_CONTEXT, SECRETS_CONTEXT):
        with suppress(UnreadableError):
            return open_text(placed, context=context, takes_old=takes_old)
    return None
