"""Open the record to a patient's account, by a proof that the desk cannot give.

Anybody may have typed the email address in a record, so a login with it proves nothing. Proof is
a code on paper that a doctor hands out in a visit, or a doctor who sees the patient.
"""

import re
import secrets
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from clinic.core.digits import western
from clinic.people.models.patient import Patient
from clinic.people.models.record_code import LASTS, RecordCode
from clinic.people.models.user import User
from clinic.people.services.account_history import hands_behind, last_address_change
from clinic.people.services.ended_records import refuse_ended
from clinic.people.services.patients import copy_to_account
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record

# Without characters that look alike on paper.
LETTERS = "ABCDEFGHJKMNPQRTUVWXY346789"
LENGTH = 10


class WrongCodeError(ValidationError):
    """A code that opens nothing for this person; the reason is not given."""

    def __init__(self) -> None:
        words = _("This code is wrong or no longer works. Your doctor can give you a new one.")
        super().__init__({"code": words})


@transaction.atomic
def hand_out_code(*, patient: Patient, doctor: User) -> str:
    """Return a new code for the patient's paper, shown once; an earlier code expires."""
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    refuse_ended(patient.pk)
    _refuse_puppet(patient, doctor)
    now = timezone.now()
    RecordCode.objects.live().filter(patient=patient).update(ends_at=now)
    code = "".join(secrets.choice(LETTERS) for _number in range(LENGTH))
    row = RecordCode(
        patient=patient,
        code_hmac=_hmac(code),
        handed_out_by=doctor,
        created_at=now,
        ends_at=now + LASTS,
    )
    row.full_clean()
    row.save(force_insert=True)
    record(AuditEvent.Verb.CREATE, actor=doctor, patient=patient, target=row)
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


@transaction.atomic
def open_in_person(*, patient: Patient, doctor: User) -> Patient:
    """Open the record to its account because the doctor sees the patient in person."""
    locked = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    refuse_ended(patient.pk)
    if locked.user is None:
        raise ValidationError(_("This patient has no login yet."))
    _refuse_puppet(locked, doctor)
    return _open(locked, how=Patient.Opened.IN_PERSON, actor=doctor)


def open_own_record(*, patient: Patient, user: User, code: str) -> Patient:
    """Open the patient's record to the account that typed the right code."""
    # No transaction: a failed try has to be counted even though it is refused.
    row = find_code(code, birth_date=patient.birth_date, own=patient)
    return use_code(row, user=user)


def find_code(code: str, *, birth_date: date, own: Patient | None = None) -> RecordCode:
    """Return the code where it fits the person, otherwise count the try and refuse."""
    row = RecordCode.objects.live().filter(code_hmac=_hmac(code)).select_related("patient").first()
    if row is not None and _fits(row.patient, birth_date, own):
        return row
    tried = {own.pk if own else None, row.patient_id if row else None}
    RecordCode.objects.live().filter(patient__in=tried - {None}).update(tries=F("tries") + 1)
    if own is not None:
        detail = {"reason": "record_code"}
        record(AuditEvent.Verb.DENIED, actor=own.user, patient=own, target=own, detail=detail)
    raise WrongCodeError


@transaction.atomic
def use_code(row: RecordCode, *, user: User) -> Patient:
    """Open the code's record to an account, and link the two if they are not linked yet."""
    taken = RecordCode.objects.live().filter(pk=row.pk)
    if not taken.update(used_at=timezone.now(), used_by=user):
        raise WrongCodeError
    locked = Patient.objects.select_for_update(no_key=True).get(pk=row.patient_id)
    refuse_ended(locked.pk)
    if locked.user_id != user.pk:
        _link(locked, user)
    return _open(locked, how=Patient.Opened.CODE, actor=user)


def close_record(*, user: User, actor: User) -> None:
    """Close the record to its account again, whose holder may now be somebody else."""
    patient = Patient.objects.filter(user=user, record_opened_at__isnull=False).first()
    if patient is None:
        return
    patient.record_opened_at, patient.record_opened_how = None, ""
    patient.save(update_fields=["record_opened_at", "record_opened_how"])
    detail = {"record": "closed"}
    record(AuditEvent.Verb.UPDATE, actor=actor, patient=patient, target=patient, detail=detail)


def _open(patient: Patient, *, how: str, actor: User) -> Patient:
    patient.record_opened_at, patient.record_opened_how = timezone.now(), how
    patient.save(update_fields=["record_opened_at", "record_opened_how"])
    detail = {"record": "opened", "how": how}
    record(AuditEvent.Verb.UPDATE, actor=actor, patient=patient, target=patient, detail=detail)
    return patient


def _fits(patient: Patient, birth_date: date, own: Patient | None) -> bool:
    """Return whether a code is for the account's own record, or for one without an account."""
    if own is not None and patient.pk == own.pk:
        return True
    return patient.user_id is None and patient.birth_date == birth_date


def _link(patient: Patient, user: User) -> None:
    """Link an account to an existing record; its own record stays behind, empty."""
    made = Patient.objects.select_for_update(no_key=True).filter(user=user).first()
    if made is not None:
        if made.appointments.exists() or made.consultations.exists():
            raise ValidationError(
                {
                    "code": _(
                        "This code is not for the record with your visits. Please ask at the desk."
                    )
                }
            )
        made.user, made.record_opened_at, made.record_opened_how = None, None, ""
        made.is_possible_duplicate = True
        made.save(
            update_fields=["user", "record_opened_at", "record_opened_how", "is_possible_duplicate"]
        )
        detail = {"changed": ["user"], "because": "the account has an earlier record"}
        record(AuditEvent.Verb.UPDATE, actor=user, patient=made, target=made, detail=detail)
    if not Patient.objects.without_login().filter(pk=patient.pk).update(user=user):
        raise WrongCodeError
    patient.user = user
    copy_to_account(patient)
    detail = {"changed": ["user"], "because": "code from the paper"}
    record(AuditEvent.Verb.UPDATE, actor=user, patient=patient, target=patient, detail=detail)


def _refuse_puppet(patient: Patient, doctor: User) -> None:
    """Refuse a doctor whose account may be controlled by the person who typed the address."""
    behind = hands_behind(doctor) - {doctor.pk}
    inviters = AuditEvent.objects.filter(
        target_type=User._meta.label_lower,
        target_id=str(patient.user_id),
        verb=AuditEvent.Verb.CREATE,
        actor__in=behind,
    )
    if last_address_change(patient, patient.user, by=behind) or inviters.exists():
        raise ValidationError(
            _(
                "The person who invited this patient recently created or changed your account, so"
                " another doctor has to do this."
            )
        )


def _hmac(code: str) -> str:
    bare = re.sub(r"[^A-Z0-9]", "", western(code).upper())
    return salted_hmac("clinic.record_code", bare, algorithm="sha256").hexdigest()
