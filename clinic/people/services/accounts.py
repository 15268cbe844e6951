"""Create, change and deactivate accounts; none is ever deleted."""

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _

from clinic.core.digits import western
from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.services.contact_news import (
    tell_of_login,
    tell_of_new_staff,
    tell_of_sign_in_change,
)
from clinic.people.services.ended_records import refuse_ended
from clinic.people.services.former_identities import keep_former
from clinic.people.services.patients import lock_register, register_patient, update_patient
from clinic.people.services.sign_in_address import (
    refuse_invitation_by_changer,
    refuse_new_address,
    settle_new_address,
)
from clinic.people.services.succession import hand_over, take_back
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record
from clinic.trail.services.seen import Guard


class AccountState(TextChoices):
    """How far an account can be used at present."""

    ACTIVE = "active", _("Active")
    INVITED = "invited", _("Invited")
    DEACTIVATED = "deactivated", _("Deactivated")


HAS_NO_PASSWORD = Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
IN_STATE = {
    AccountState.ACTIVE: Q(is_active=True) & ~HAS_NO_PASSWORD,
    AccountState.INVITED: Q(is_active=True) & HAS_NO_PASSWORD,
    AccountState.DEACTIVATED: Q(is_active=False),
}


@dataclass(frozen=True, kw_only=True)
class NewAccount:
    """What an admin says about the person who gets an account."""

    role: str
    full_name: str
    email: str
    language: str
    phone: str = ""
    # For a doctor.
    title: str = ""
    speciality: str = ""
    licence_number: str = ""
    # For a patient; without a record number, the patient is registered in the same step.
    birth_date: date | None = None
    record_number: str = ""
    duplicate_reason: str = ""


@dataclass(frozen=True, kw_only=True)
class AccountChanges:
    """What an admin may change in an account; the role cannot be changed."""

    full_name: str
    email: str
    language: str
    phone: str = ""
    title: str = ""
    speciality: str = ""
    licence_number: str = ""


def state_of(user: User) -> AccountState:
    """Return whether the person can sign in, could by following a link, or cannot."""
    if not user.is_active:
        return AccountState.DEACTIVATED
    return AccountState.ACTIVE if user.has_usable_password() else AccountState.INVITED


@transaction.atomic
def create_account(*, actor: User, account: NewAccount) -> User:
    """Create an account without a password, with its doctor's or patient's row."""
    if account.role == User.Role.PATIENT:
        lock_register()
        patient = _find_or_register_patient(actor=actor, account=account)
        if account.phone:
            patient = update_patient(patient=patient, actor=actor, phone=account.phone)
        return _create_login_of(patient, actor=actor)
    user = _new_user(
        role=account.role,
        full_name=account.full_name,
        email=account.email,
        language=account.language,
        phone=account.phone,
    )
    detail = {"role": user.role, "language": user.language}
    event = record(AuditEvent.Verb.CREATE, actor=actor, target=user, detail=detail)
    tell_of_new_staff(user, event=event, actor=actor)
    if account.role == User.Role.DOCTOR:
        doctor = Doctor(
            user=user,
            title=account.title,
            speciality=account.speciality,
            licence_number=account.licence_number,
        )
        doctor.full_clean()
        doctor.save()
    return user


@transaction.atomic
def create_patient_account(*, actor: User, patient: Patient) -> User:
    """Give a registered patient a login with the email address in the record."""
    if not patient.email:
        raise ValidationError(
            _("The record has no email address. Add one first; the invitation is sent there.")
        )
    return _create_login_of(patient, actor=actor)


@transaction.atomic
def create_own_account(
    *, email: str, full_name: str, language: str, phone: str, password: str
) -> User:
    """Create the account of a patient who registers online, for an address that was proved."""
    user = User(
        role=User.Role.PATIENT,
        full_name=full_name.strip(),
        email=email.lower(),
        language=language,
        phone=phone,
    )
    user.set_password(password)
    _save_user(user)
    detail = {"role": user.role, "language": language, "self_registered": True}
    record(AuditEvent.Verb.CREATE, actor=user, target=user, detail=detail)
    return user


@transaction.atomic
def update_account(
    *, actor: User, user: User, changes: AccountChanges, refuse_stale: Guard | None = None
) -> User:
    """Correct what the clinic knows about a person who signs in."""
    lock_register()
    patient = Patient.objects.select_for_update(no_key=True, of=("self",)).filter(user=user).first()
    user = User.objects.select_for_update().get(pk=user.pk)
    _refuse_ended_account(user)
    if refuse_stale:
        refuse_stale(user)
    if patient is not None:
        update_patient(patient=patient, actor=actor, phone=changes.phone, language=changes.language)
        user.refresh_from_db()
    doctor = Doctor.objects.filter(user=user).first()
    if patient is not None and changes.full_name != user.full_name:
        raise ValidationError(
            {"full_name": _("A patient’s name is changed in the patient’s record.")}
        )
    if changes.email.lower() != user.email:
        refuse_new_address(user, actor=actor)
    before = _traceable(user, doctor)
    reached_at = {"email": user.email, "phone": user.phone}
    changed = _assign(
        user,
        full_name=changes.full_name,
        email=changes.email.lower(),
        language=changes.language,
        phone=changes.phone,
    )
    _save_user(user)
    if patient:
        keep_former(
            patient=patient,
            before={name: value for name, value in reached_at.items() if name in changed},
        )
    if doctor:
        changed += _assign(
            doctor,
            title=changes.title,
            speciality=changes.speciality,
            licence_number=changes.licence_number,
        )
        doctor.full_clean()
        doctor.save()
    if changed:
        after = _traceable(user, doctor)
        detail: dict[str, object] = {
            name: [before[name], after[name]] for name in before if before[name] != after[name]
        }
        detail["changed"] = sorted(changed)
        event = record(AuditEvent.Verb.UPDATE, actor=actor, target=user, detail=detail)
        if "email" in changed:
            settle_new_address(user, actor=actor, old_email=reached_at["email"], event=event)
    return user


@transaction.atomic
def deactivate_account(
    *,
    actor: User,
    user: User,
    successor: Doctor | None = None,
    is_left_open: bool = False,
) -> User:
    """Lock a person out at once; everything the person did stays.

    A doctor's open work can go to a colleague, even if the account was deactivated earlier.
    """
    # Locked in one order, so that two admins who deactivate each other cannot both succeed.
    admins = list(
        User.objects.select_for_update().filter(role=User.Role.ADMIN, is_active=True).order_by("pk")
    )
    user = User.objects.select_for_update().get(pk=user.pk)
    doctor = Doctor.objects.filter(user=user).first()
    if doctor is not None:
        hand_over(doctor=doctor, actor=actor, successor=successor, is_left_open=is_left_open)
    if not user.is_active:
        return user
    remaining = [admin for admin in admins if admin != user and admin.has_usable_password()]
    if user in admins and not remaining:
        raise ValidationError(
            _(
                "This is the last admin who can sign in, so the account stays active. "
                "Create another admin first, and wait until a password is set."
            )
        )
    user.is_active = False
    # Sessions depend on the password: without it they end now and never come back.
    user.set_unusable_password()
    user.save(update_fields=["is_active", "password"])
    detail = {"is_active": [True, False]}
    event = record(AuditEvent.Verb.UPDATE, actor=actor, target=user, detail=detail)
    tell_of_sign_in_change(user, addresses=[user.email], event=event, actor=actor)
    return user


@transaction.atomic
def reactivate_account(*, actor: User, user: User) -> User:
    """Let a person back in; they have to set a new password."""
    user = User.objects.select_for_update().get(pk=user.pk)
    _refuse_ended_account(user)
    if user.is_active:
        return user
    user.is_active = True
    user.save(update_fields=["is_active"])
    detail = {"is_active": [False, True]}
    event = record(AuditEvent.Verb.UPDATE, actor=actor, target=user, detail=detail)
    # The invitation tells the person.
    tell_of_sign_in_change(user, addresses=[], event=event, actor=actor)
    if doctor := Doctor.objects.filter(user=user).first():
        take_back(doctor=doctor, actor=actor)
    return user


def _refuse_ended_account(user: User) -> None:
    """Reject a change to the account of somebody whose record has ended."""
    patient = Patient.objects.filter(user=user).first()
    if patient:
        refuse_ended(patient.pk)


def _traceable(user: User, doctor: Doctor | None) -> dict[str, str]:
    """Return what the trail may keep about an account: never a name, phone or patient's email.

    Staff email addresses give access to other people's records, so their changes must be traceable.
    """
    kept = {"language": user.language}
    if user.role != User.Role.PATIENT:
        kept["email"] = user.email
    if doctor:
        kept |= {
            "title": doctor.title,
            "speciality": doctor.speciality,
            "licence_number": doctor.licence_number,
        }
    return kept


def _find_or_register_patient(*, actor: User, account: NewAccount) -> Patient:
    if account.birth_date is None:
        raise ValidationError({"birth_date": _("A patient needs a date of birth.")})
    if not account.record_number:
        return register_patient(
            actor=actor,
            full_name=account.full_name,
            birth_date=account.birth_date,
            duplicate_reason=account.duplicate_reason,
            phone=account.phone,
            email=account.email,
            language=account.language,
        )
    patient = Patient.objects.filter(record_number__iexact=western(account.record_number)).first()
    # A mistyped number must not open somebody else's record to this person.
    if patient is None or patient.birth_date != account.birth_date:
        raise ValidationError(
            {"record_number": _("No patient has this record number and this date of birth.")}
        )
    if patient.user_id is not None:
        raise ValidationError(_("This patient already has an account."))
    # Otherwise somebody could become an existing record's patient by typing an address.
    if patient.email.lower() != account.email.lower():
        raise ValidationError(
            {
                "email": _(
                    "The record has a different email address. The desk has to correct it there "
                    "first."
                )
            }
        )
    refuse_invitation_by_changer(patient, actor=actor)
    return patient


def _create_login_of(patient: Patient, *, actor: User) -> User:
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    refuse_ended(patient.pk)
    user = _new_user(
        role=User.Role.PATIENT,
        full_name=patient.full_name,
        email=patient.email,
        language=patient.language,
        phone=str(patient.phone),
    )
    if not Patient.objects.without_login().filter(pk=patient.pk).update(user=user):
        raise ValidationError(_("This patient already has an account."))
    patient.user = user
    detail = {"role": user.role, "language": user.language, "what": "login"}
    event = record(AuditEvent.Verb.CREATE, actor=actor, patient=patient, target=user, detail=detail)
    tell_of_login(patient, event=event, actor=actor)
    return user


def _new_user(*, role: str, full_name: str, email: str, language: str, phone: str) -> User:
    user = User(role=role, full_name=full_name, email=email.lower(), language=language, phone=phone)
    user.set_unusable_password()
    _save_user(user)
    return user


def _save_user(user: User) -> None:
    taken = ValidationError({"email": _("There is already an account with this email address.")})
    if User.objects.filter(email__iexact=user.email).exclude(pk=user.pk).exists():
        raise taken
    user.full_clean()
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        # Somebody else took the address between the check and the write.
        raise taken from error


def _assign(row: User | Doctor, **values: object) -> list[str]:
    """Set the values on the row and return the names of those that changed."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return changed
