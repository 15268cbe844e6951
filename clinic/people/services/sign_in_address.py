"""Who may change an account's sign-in address, and when: the address gives control of it."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.permissions import active_admins
from clinic.people.services.account_history import (
    ADDRESS_REMEMBERED,
    hands_behind,
    last_address_change,
    last_admin_left_at,
    last_factor_removal,
)
from clinic.people.services.contact_news import tell_of_sign_in_change
from clinic.people.services.record_access import close_record
from clinic.people.services.sessions import end_sessions
from clinic.trail.models.audit import AuditEvent

# How long the old address can object if there is no other admin to ask.
WAIT_ALONE = timedelta(hours=24)


def settle_new_address(user: User, *, actor: User, old_email: str, event: AuditEvent) -> None:
    """End what the old address opened, and notify it; `event` is the change in the audit trail."""
    # Otherwise the old address could still sign in and ask for a new password.
    EmailAddress.objects.filter(user=user).delete()
    if actor.pk != user.pk:
        end_sessions(user)
        close_record(user=user, actor=actor)
    tell_of_sign_in_change(user, addresses=[old_email], event=event, actor=actor)


def earlier_addresses(user: User) -> list[str]:
    """Return staff addresses that were changed recently."""
    changes = AuditEvent.objects.filter(
        target_type=user._meta.label_lower,
        target_id=str(user.pk),
        verb=AuditEvent.Verb.UPDATE,
        at__gt=timezone.now() - ADDRESS_REMEMBERED,
    )
    return [event.detail["email"][0] for event in changes if "email" in event.detail]


def refuse_new_address(user: User, *, actor: User) -> None:
    """Refuse a new address from somebody who removed the last second factor."""
    removed = last_factor_removal(user, by=hands_behind(actor))
    if removed is not None and not is_mfa_enabled(user):
        raise ValidationError(
            {
                "email": _(
                    "You, or somebody who created your account, removed the second step of this "
                    "account, and no new one is set up. Another admin has to change the address."
                )
            }
        )


def refuse_factor_removal(user: User, *, actor: User) -> None:
    """Refuse to remove the second factor where the same people have changed the address."""
    if actor.pk == user.pk:
        raise ValidationError(
            _("Another admin has to remove your second step. You can also use a recovery code.")
        )
    changed = last_address_change(user, by=hands_behind(actor))
    if changed is None:
        return
    if active_admins().exclude(pk__in=(actor.pk, user.pk)).exists():
        raise ValidationError(
            _(
                "You, or somebody who created your account, changed the email address of this "
                "account within the last 30 days, so another admin has to remove the second step."
            )
        )
    # The wait starts again if the other admin's account was deactivated in the meantime.
    alone_at = last_admin_left_at(but=(actor.pk, user.pk)) or changed.at
    if (free_from := max(changed.at, alone_at) + WAIT_ALONE) > timezone.now():
        moment = date_format(timezone.localtime(free_from), "DATETIME_FORMAT")
        raise ValidationError(
            _(
                "You changed the email address of this account, and there is no other admin to "
                "check it. The old address has been notified. The second step can be removed from"
                " %(moment)s."
            ),
            params={"moment": moment},
        )


def why_no_invitation(patient: Patient, *, actor: User) -> str:
    """Return why this person cannot invite the patient, so that a page can say it first."""
    try:
        refuse_invitation_by_changer(patient, actor=actor)
    except ValidationError as error:
        return str(error.messages[0])
    return ""


def refuse_invitation_by_changer(patient: Patient, *, actor: User) -> None:
    """Refuse an invitation by the person who recently changed the address."""
    if last_address_change(patient, patient.user, by={actor.pk}) is not None:
        raise ValidationError(
            _(
                "You changed this patient’s email address within the last 30 days, so somebody "
                "else has to send the invitation."
            )
        )
