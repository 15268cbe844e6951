"""The register of patients: who they are and how to find them; nothing medical."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.constraints import refused_by
from clinic.core.locking import take_turns
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.names import (
    are_alike,
    are_nearly_equal,
    name_columns,
    names_of,
    near_dates,
)
from clinic.people.services.consents import give_consent
from clinic.people.services.contact_news import tell_of_contact_change
from clinic.people.services.ended_records import refuse_ended
from clinic.people.services.former_identities import keep_former
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record, record_list_once
from clinic.trail.services.seen import Guard

OLDEST_BIRTH_YEAR = 1900
# Each failed try means that somebody else's registration went through.
RECORD_NUMBER_TRIES = 100
# What decides whether a patient resembles another.
IDENTIFYING = frozenset({"full_name", "preferred_name", "birth_date", "phone", "email"})
NAME_COLUMNS = (*name_columns(""), "namesake")
Compare = Callable[[list[str], list[str]], bool]

# What a patient's account copies from the record, which alone decides.
ACCOUNT_FIELDS = ("full_name", "phone", "language")


class PossibleDuplicateError(ValidationError):
    """The new patient resembles somebody in the register; a reason lets the desk continue."""

    def __init__(self, patients: list[Patient]) -> None:
        super().__init__(
            _("This may be somebody who is already in the register."), code="duplicate"
        )
        self.patients = patients


def possible_duplicates(
    *,
    full_name: str,
    birth_date: date,
    phone: str = "",
    email: str = "",
    exclude: Patient | None = None,
) -> list[Patient]:
    """Return patients who may be this person: the same phone or address, or name and birthday.

    Another spelling is the same name, and a day that is a slip away is the same birthday.
    """
    others = Patient.objects.living()
    if exclude is not None:
        others = others.exclude(pk=exclude.pk)
    name = names_of(full_name)
    found = {
        patient.pk: patient
        for patient in others.filter(birth_date__in=near_dates(birth_date))
        if _may_be_called(patient, name, are_alike if patient.birth_date == birth_date else None)
    }
    if phone:
        found |= {patient.pk: patient for patient in others.filter(phone=phone)}
    if email:
        found |= {patient.pk: patient for patient in others.filter(email__iexact=email)}
    return sorted(found.values(), key=lambda patient: patient.record_number)


def lock_register() -> None:
    """Make other registrations wait, so that each sees whom the one before has added.

    Taken before any row is locked. The unique constraint has the last word.
    """
    take_turns("register")


@transaction.atomic
def register_patient(
    *,
    actor: User,
    full_name: str,
    birth_date: date,
    duplicate_reason: str = "",
    needs_reason: bool = True,
    consents: Mapping[str, str] | None = None,
    **fields: Any,
) -> Patient:
    """Add a patient with a new record number and the consents given (each purpose: how).

    If somebody similar is in the register, the desk has to give a reason. The trail keeps who is
    similar; the record keeps why this is a different person. Who registers online is asked for
    no reason; the desk looks at both later.
    """
    lock_register()
    patient = Patient(full_name=full_name.strip(), birth_date=birth_date, **fields)
    _check_identity(patient)
    duplicates = _lookalikes(patient)
    if duplicates and needs_reason:
        patient.duplicate_reason = duplicate_reason.strip()
        if not patient.duplicate_reason:
            raise PossibleDuplicateError(duplicates)
    elif duplicates:
        patient.is_possible_duplicate = True
    _insert_with_record_number(patient)
    detail: dict[str, object] = {"record_number": patient.record_number}
    if duplicates:
        detail["looks_like"] = [str(duplicate.pk) for duplicate in duplicates]
    record(AuditEvent.Verb.CREATE, actor=actor, patient=patient, target=patient, detail=detail)
    for purpose, method in (consents or {}).items():
        give_consent(patient=patient, purpose=purpose, method=method, actor=actor)
    return patient


@transaction.atomic
def update_patient(
    *,
    patient: Patient,
    actor: User,
    refuse_stale: Guard | None = None,
    told_apart: Collection[UUID] | None = None,
    **fields: Any,
) -> Patient:
    """Correct identity and contact data; the trail names the fields, not their values.

    A correction that makes the patient resemble somebody is refused, unless that one is among
    those whom the desk has just been shown and told apart. Who may not be shown everybody, and
    gives None, is not refused; the desk looks at both later.
    """
    if not IDENTIFYING.isdisjoint(fields):
        lock_register()
    # Somebody who ends the record meanwhile comes before or after this.
    patient = _lock(patient)
    refuse_ended(patient.pk)
    if refuse_stale:
        refuse_stale(patient)
    changed = [name for name, value in fields.items() if getattr(patient, name) != value]
    if not changed:
        copy_to_account(patient)
        return patient
    before = {name: getattr(patient, name) for name in changed}
    may_resemble = not IDENTIFYING.isdisjoint(changed)
    looked_like = _lookalikes(patient) if may_resemble else []
    for name in changed:
        setattr(patient, name, fields[name])
    _check_identity(patient)
    detail: dict[str, object] = {"fields": sorted(changed)}
    if may_resemble:
        new = [each for each in _lookalikes(patient) if each not in looked_like]
        if new:
            detail["looks_like"] = [str(each.pk) for each in new]
            _settle_likeness(patient, new, told_apart)
            changed += [name for name in ("is_possible_duplicate",) if name not in changed]
    _refuse_second(patient, lambda: patient.save(update_fields=[*changed, *NAME_COLUMNS]))
    keep_former(patient=patient, before=before)
    copy_to_account(patient)
    event = record(
        AuditEvent.Verb.UPDATE,
        actor=actor,
        patient=patient,
        target=patient,
        detail=detail,
    )
    if "email" in changed or "phone" in changed:
        tell_of_contact_change(
            patient,
            old_email=str(before.get("email") or ""),
            old_phone=str(before.get("phone") or ""),
            event=event,
            actor=actor,
        )
    return patient


def _lock(patient: Patient) -> Patient:
    """Lock the record first and its account second, as everything that changes both does."""
    rows = Patient.objects.select_related("user").select_for_update(no_key=True, of=("self",))
    return rows.get(pk=patient.pk)


def copy_to_account(patient: Patient) -> None:
    """Copy the record's data to the account, where pages and emails to the person read it."""
    user = patient.user
    if user is None:
        return
    stale = [name for name in ACCOUNT_FIELDS if getattr(user, name) != getattr(patient, name)]
    if not stale:
        return
    before = {name: getattr(user, name) for name in stale}
    for name in stale:
        setattr(user, name, getattr(patient, name))
    user.save(update_fields=stale)
    # If the account said something else, texts may contain that too.
    keep_former(patient=patient, before=before)


@transaction.atomic
def record_patient_search(*, actor: User, count: int) -> None:
    """Note that somebody searched and how many were found, not what was typed."""
    record(AuditEvent.Verb.SEARCH, actor=actor, detail={"of": "patients", "count": count})


@transaction.atomic
def record_patient_list(*, actor: User, of: str, count: int) -> None:
    """Note that somebody saw a list with patients’ names."""
    record(AuditEvent.Verb.LIST, actor=actor, detail={"of": of, "count": count})


@transaction.atomic
def record_polled_list(*, actor: User, of: str, count: int, which: str = "") -> None:
    """Note that somebody saw a list that the open page fetches every few seconds."""
    record_list_once(actor=actor, detail={"of": of, "count": count}, which=which)


@transaction.atomic
def record_patient_view(*, patient: Patient, actor: User, target: Model | None = None) -> None:
    """Note that somebody opened the patient’s page, or one of the patient’s appointments."""
    record(AuditEvent.Verb.VIEW, actor=actor, patient=patient, target=target or patient)


def _check_identity(patient: Patient) -> None:
    if patient.birth_date and patient.birth_date > timezone.localdate():
        raise ValidationError({"birth_date": _("A date of birth cannot be in the future.")})
    if patient.birth_date and patient.birth_date.year < OLDEST_BIRTH_YEAR:
        raise ValidationError({"birth_date": _("Check the year of birth.")})
    for name, value in name_columns(patient.full_name, patient.preferred_name).items():
        setattr(patient, name, value)
    _number_namesake(patient)
    patient.full_clean(exclude=["record_number"])


def _number_namesake(patient: Patient) -> None:
    """Give the second of two people with one name and birthday another number than the first."""
    others = Patient.objects.living().filter(
        name_key=patient.name_key, birth_date=patient.birth_date
    )
    taken = set(others.exclude(pk=patient.pk).values_list("namesake", flat=True))
    if patient.namesake in taken or not taken:
        patient.namesake = max(taken) + 1 if taken else 0


def _may_be_called(patient: Patient, name: list[str], compare: Compare | None) -> bool:
    """Return whether a patient may have this name; the preferred one may stand for the first."""
    is_one = compare or are_nearly_equal
    return is_one(name, names_of(patient.full_name)) or (
        bool(patient.preferred_name)
        and is_one(name, names_of(f"{patient.preferred_name} {patient.full_name}"))
    )


def _settle_likeness(
    patient: Patient, similar: list[Patient], told_apart: Collection[UUID] | None
) -> None:
    if told_apart is None:
        patient.is_possible_duplicate = True
    elif not patient.duplicate_reason or {each.pk for each in similar} - set(told_apart):
        raise PossibleDuplicateError(similar)


def _lookalikes(patient: Patient) -> list[Patient]:
    return possible_duplicates(
        full_name=patient.full_name,
        birth_date=patient.birth_date,
        phone=str(patient.phone or ""),
        email=patient.email,
        exclude=patient,
    )


def _refuse_second(patient: Patient, write: Callable[[], None]) -> None:
    """Write a row, and say who is there already if the database knows the person."""
    try:
        with transaction.atomic():
            write()
    except IntegrityError as error:
        if not refused_by(error, Patient, "patient_is_registered_once"):
            raise
        raise PossibleDuplicateError(_lookalikes(patient)) from error


def _insert_with_record_number(patient: Patient) -> None:
    """Take the next number, or the one after if another desk takes it first."""
    for _try in range(RECORD_NUMBER_TRIES):
        patient.record_number = _next_record_number()
        try:
            _refuse_second(patient, lambda: patient.save(force_insert=True))
        except IntegrityError as error:
            if "record_number" not in str(error):
                raise
        else:
            return
    raise ValidationError(_("The register is very busy. Please try again."))


def _next_record_number() -> str:
    numbers = Patient.objects.filter(record_number__startswith="P-")
    # By length first: P-1000000 comes after P-999999.
    last = numbers.order_by(Length("record_number").desc(), "-record_number").first()
    return f"P-{int(last.record_number[2:]) + 1 if last else 1:06d}"
