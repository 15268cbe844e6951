"""Find out from the audit trail who changed an account or address, so nobody checks themselves."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.people.models.user import User
from clinic.trail.models.audit import AuditEvent

Verb = AuditEvent.Verb
# How long somebody who changed an address must not profit from it.
ADDRESS_REMEMBERED = timedelta(days=30)
# How long somebody who made or changed an account must not judge what it did.
HAND_REMEMBERED = timedelta(days=365)


def last_address_change(*targets: Model | None, by: Collection[Any]) -> AuditEvent | None:
    """Return the event in which one of these people last changed an email address."""
    return _newest(*targets, by=by, has=_is_address_change)


def last_factor_removal(user: User, *, by: Collection[Any]) -> AuditEvent | None:
    """Return the event in which one of these people last removed the second factors."""
    return _newest(user, by=by, has=_is_factor_removal)


def hands_behind(user: User) -> set[Any]:
    """Return the person, and those whose recent changes could let them sign in as the person.

    Somebody who made an account, or changed how its person signs in, may know its password.
    """
    made = _changes_of(user, since=timezone.now() - ADDRESS_REMEMBERED).exclude(actor=None)
    return {user.pk} | {event.actor_id for event in made if _gives_a_way_in(event)}


def refuse_puppet(second: User, *, of: User | None) -> None:
    """Refuse a second admin whose account the first one may control."""
    if of is not None and of.pk in hands_behind(second) - {second.pk}:
        raise ValidationError(
            _(
                "The admin who asked for this recently created or changed your account, so "
                "somebody else has to confirm it."
            ),
            code="same_hand",
        )


def last_admin_left_at(*, but: Collection[Any]) -> datetime | None:
    """Return when the newest account of another admin was deactivated, if any was."""
    others = User.objects.filter(role=User.Role.ADMIN).exclude(pk__in=but)
    events = AuditEvent.objects.filter(
        target_type=User._meta.label_lower,
        target_id__in=[str(each) for each in others.values_list("pk", flat=True)],
        verb=Verb.UPDATE,
    )
    shut = (event.at for event in events.order_by("-at") if _is_shut_out(event))
    return next(shut, None)


def has_had_a_hand_in(user: User, *, by: User) -> bool:
    """Return whether one person made or changed the account of another within a year."""
    changes = _changes_of(user, since=timezone.now() - HAND_REMEMBERED)
    return changes.filter(actor=by).exists()


def _newest(*targets: Model | None, by: Collection[Any], has: Any) -> AuditEvent | None:
    since = timezone.now() - ADDRESS_REMEMBERED
    found = [
        event
        for target in targets
        if target is not None
        for event in _changes_of(target, since=since).filter(actor__in=by)
        if has(event)
    ]
    return max(found, key=lambda event: event.at, default=None)


def _changes_of(target: Model, *, since: datetime) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(
        target_type=target._meta.label_lower,
        target_id=str(target.pk),
        verb__in=(Verb.CREATE, Verb.UPDATE),
        at__gt=since,
    )


def _is_address_change(event: AuditEvent) -> bool:
    # Events of records list fields, events of accounts list changes.
    named = [*event.detail.get("changed", ()), *event.detail.get("fields", ())]
    return event.verb == Verb.UPDATE and "email" in named


def _is_factor_removal(event: AuditEvent) -> bool:
    return bool(event.detail.get("second_factor") == "removed")


def _is_shut_out(event: AuditEvent) -> bool:
    return bool(event.detail.get("is_active") == [True, False])


def _gives_a_way_in(event: AuditEvent) -> bool:
    return (
        event.verb == Verb.CREATE
        or _is_address_change(event)
        or _is_factor_removal(event)
        or event.detail.get("is_active") == [False, True]
    )
