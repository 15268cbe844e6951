"""Invitations: an email with a link for setting a password, once, within two days."""

from dataclasses import dataclass
from urllib.parse import urljoin

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clinic.core.mail import send_mail_to
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.services.accounts import (
    NewAccount,
    create_account,
    create_patient_account,
    reactivate_account,
)
from clinic.people.services.ended_records import refuse_ended
from clinic.people.services.sign_in_address import refuse_invitation_by_changer
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record


@dataclass(frozen=True)
class Invitation:
    """An account, and whether the email with its link was sent."""

    user: User
    is_sent: bool


def password_link(user: User, *, site_url: str) -> str:
    """Return the address with which the person sets a password, once."""
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return urljoin(site_url, reverse("account_reset_password_from_key", kwargs=key))


# No transaction around these: a slow or failing mail server must neither block the database nor
# undo the account.


def invite_person(*, actor: User, account: NewAccount, site_url: str) -> Invitation:
    """Create an account and email the person the link to set a password."""
    user = create_account(actor=actor, account=account)
    return send_invitation(actor=actor, user=user, site_url=site_url)


def invite_patient(*, actor: User, patient: Patient, site_url: str) -> Invitation:
    """Give a registered patient a login and email the link, or email it again."""
    refuse_ended(patient.pk)
    refuse_invitation_by_changer(patient, actor=actor)
    user = patient.user or create_patient_account(actor=actor, patient=patient)
    return send_invitation(actor=actor, user=user, site_url=site_url)


def invite_back(*, actor: User, user: User, site_url: str) -> Invitation:
    """Reactivate an account and email the person the link to set a new password."""
    user = reactivate_account(actor=actor, user=user)
    return send_invitation(actor=actor, user=user, site_url=site_url)


def send_invitation(*, actor: User, user: User, site_url: str) -> Invitation:
    """Email the link to a person who has not set a password yet."""
    if not user.is_active:
        raise ValidationError(_("This account is deactivated. An admin can reactivate it."))
    if user.has_usable_password():
        raise ValidationError(
            _(
                "This person has already set a password. A forgotten password can be reset on the"
                " sign-in page."
            )
        )
    if user.role == User.Role.PATIENT:
        refuse_invitation_by_changer(Patient.objects.get(user=user), actor=actor)
    is_sent = send_mail_to(
        user,
        "invitation",
        {
            "link": password_link(user, site_url=site_url),
            "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
            "needs_code": Patient.objects.filter(user=user, record_opened_at=None).exists(),
        },
    )
    detail = {"invitation": "sent" if is_sent else "not_sent"}
    record(AuditEvent.Verb.UPDATE, actor=actor, target=user, detail=detail)
    return Invitation(user=user, is_sent=is_sent)
