"""Patients who register themselves: a code proves the address, then they say who they are."""

import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clinic.core.mail import send_mail
from clinic.core.models.clinic_settings import ClinicSettings
from clinic.people.models.consent import Consent
from clinic.people.models.patient import Patient
from clinic.people.models.record_code import RecordCode
from clinic.people.models.sign_up import SignUpCode
from clinic.people.models.user import User
from clinic.people.services.accounts import create_own_account
from clinic.people.services.consents import give_consent
from clinic.people.services.contact_news import tell_of_login
from clinic.people.services.patients import lock_register, register_patient, update_patient
from clinic.people.services.record_access import WrongCodeError, find_code, use_code
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record

CODE_LIFETIME = timedelta(minutes=10)
CODE_TRIES = 5
FORM_LIFETIME = timedelta(minutes=30)
KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class NewPatient:
    """What somebody says about themselves."""

    full_name: str
    birth_date: date
    sex: str
    phone: str
    language: str
    password: str
    # From the paper of a visit, for somebody who has been seen before.
    record_code: str = ""


class CodeSpentError(ValidationError):
    """A code that was tried too often, already used, or sent too long ago."""

    def __init__(self) -> None:
        super().__init__(_("This code no longer works. Ask for a new one."), code="spent")


def is_sign_up_open() -> bool:
    """Return whether patients may register themselves."""
    return ClinicSettings.objects.current().is_sign_up_open


# No transaction around the next two: a slow mail server would block the database, and a failed try
# has to be counted even though it is refused.


def start_sign_up(*, email: str, links: dict[str, str]) -> SignUpCode:
    """Email a code, or the notice that there is an account; the page does not say which."""
    _check_open()
    row = SignUpCode(email=email.lower())
    row.full_clean()
    code = f"{secrets.randbelow(10**6):06d}"
    is_known = User.objects.filter(email__iexact=row.email).exists()
    if not is_known:
        row.code_hmac = _hmac(row, code)
    row.save()
    is_sent = send_mail(
        "sign_up_known" if is_known else "sign_up_code",
        to=row.email,
        language=get_language() or "en",
        context={"code": code, "minutes": int(CODE_LIFETIME.total_seconds() // 60), **links},
    )
    if not is_sent:
        raise ValidationError(_("The email could not be sent. Please try again in a few minutes."))
    return row


def forget_old_codes() -> int:
    """Remove addresses that somebody entered over a day ago; return how many."""
    old = SignUpCode.objects.filter(created_at__lt=timezone.now() - KEPT_FOR)
    return old.delete()[0]


def check_code(*, code_id: UUID, code: str) -> SignUpCode:
    """Prove the address if the code is right; the fifth wrong code is the last."""
    taken = (
        SignUpCode.objects.filter(
            pk=code_id,
            verified_at=None,
            tries__lt=CODE_TRIES,
            created_at__gt=timezone.now() - CODE_LIFETIME,
        )
    ).update(tries=F("tries") + 1)
    if not taken:
        raise CodeSpentError
    row = SignUpCode.objects.get(pk=code_id)
    if not row.code_hmac or not constant_time_compare(row.code_hmac, _hmac(row, code)):
        if row.tries >= CODE_TRIES:
            raise CodeSpentError
        raise ValidationError(
            {"code": _("That code is wrong or has been replaced. Use the one in the latest email.")}
        )
    row.verified_at = timezone.now()
    row.save(update_fields=["verified_at"])
    return row


def find_verified(code_id: UUID) -> SignUpCode | None:
    """Return a proved address that is waiting for registration, while there is time for it."""
    return SignUpCode.objects.filter(
        pk=code_id, completed_at=None, verified_at__gt=timezone.now() - FORM_LIFETIME
    ).first()


def complete_sign_up(*, code: SignUpCode, person: NewPatient) -> User:
    """Create the account, with the record that the code opens or with a new one.

    Names and addresses alone link nothing, because the desk may have typed them.
    """
    _check_open()
    # No transaction yet: a failed try has to be counted even though it is refused.
    paper = _find_paper(person) if person.record_code else None
    return _complete(code, person, paper)


def _find_paper(person: NewPatient) -> RecordCode:
    try:
        return find_code(person.record_code, birth_date=person.birth_date)
    except WrongCodeError as error:
        raise ValidationError({"record_code": error.messages}) from error


@transaction.atomic
def _complete(code: SignUpCode, person: NewPatient, paper: RecordCode | None) -> User:
    lock_register()
    now = timezone.now()
    taken = SignUpCode.objects.filter(
        pk=code.pk, completed_at=None, verified_at__gt=now - FORM_LIFETIME
    ).update(completed_at=now)
    if not taken:
        raise CodeSpentError
    user = create_own_account(
        email=code.email,
        full_name=person.full_name,
        language=person.language,
        phone=person.phone,
        password=person.password,
    )
    if paper is None:
        patient = _register(user, person)
    else:
        patient = use_code(paper, user=user)
        # The person has just typed these, so they are newer; the name stays the record's.
        phone = person.phone or patient.phone
        patient = update_patient(patient=patient, actor=user, phone=phone, language=person.language)
        event = record(AuditEvent.Verb.CREATE, actor=user, patient=patient, target=user)
        tell_of_login(patient, event=event, actor=user)
    give_consent(
        patient=patient, purpose=Consent.Purpose.CARE, method=Consent.Method.PORTAL, actor=user
    )
    return user


def _register(user: User, person: NewPatient) -> Patient:
    same_email = Q(email__iexact=user.email)
    return register_patient(
        actor=user,
        user=user,
        full_name=person.full_name,
        birth_date=person.birth_date,
        sex=person.sex,
        phone=person.phone,
        email=user.email,
        language=person.language,
        needs_reason=False,  # the desk looks at possible duplicates later
        is_possible_duplicate=Patient.objects.filter(same_email).exists(),
    )


def _check_open() -> None:
    if not is_sign_up_open():
        raise ValidationError(_("Accounts come from the clinic. Ask at the desk."), code="closed")


def _hmac(row: SignUpCode, code: str) -> str:
    return salted_hmac("clinic.sign_up", f"{row.pk}:{code}", algorithm="sha256").hexdigest()
