"""The register of patients: who they are and how to find them; nothing medical."""

import re
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import to_python

from clinic.core.plain_text import visible_line
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.services.consents import give_consent
from clinic.people.services.contact_news import tell_of_contact_change
from clinic.people.services.ended_records import refuse_ended
from clinic.people.services.former_identities import keep_former
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record
from clinic.trail.services.seen import Guard

OLDEST_BIRTH_YEAR = 1900
# Each failed try means that somebody else's registration went through.
RECORD_NUMBER_TRIES = 100
# Fewer digits of a phone number would match half the register.
MIN_PHONE_DIGITS = 4

# What a patient's account copies from the record, which alone decides.
ACCOUNT_FIELDS = ("full_name", "phone", "language")

# Letters without a removable accent that nobody types at a desk.
PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)


class PossibleDuplicateError(ValidationError):
    """The new patient resembles somebody in the register; a reason lets the desk continue."""

    def __init__(self, patients: list[Patient]) -> None:
        super().__init__(
            _("This may be somebody who is already in the register."), code="duplicate"
        )
        self.patients = patients


def searchable(text: str) -> str:
    """Return the text in lower case without accents or punctuation, single-spaced."""
    decomposed = unicodedata.normalize("NFKD", visible_line(text).casefold())
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(re.findall(r"\w+", bare.translate(PLAIN_LETTERS)))


def search_name_of(patient: Patient) -> str:
    """Return what a search by name looks through: both names of the patient."""
    return searchable(f"{patient.full_name} {patient.preferred_name}")


def possible_duplicates(
    *, full_name: str, birth_date: date, phone: str = "", exclude: Patient | None = None
) -> list[Patient]:
    """Return patients with the same phone, or the same name and date of birth."""
    others: QuerySet[Patient] = Patient.objects.all()
    if exclude is not None:
        others = others.exclude(pk=exclude.pk)
    words = sorted(searchable(full_name).split())
    found = {
        patient.pk: patient
        for patient in others.filter(birth_date=birth_date)
        if sorted(searchable(patient.full_name).split()) == words
    }
    if phone:
        found |= {patient.pk: patient for patient in others.filter(phone=phone)}
    return sorted(found.values(), key=lambda patient: patient.record_number)


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
    similar; the record keeps why this is a different person.
    """
    patient = Patient(full_name=full_name.strip(), birth_date=birth_date, **fields)
    _check_identity(patient)
    duplicates = possible_duplicates(
        full_name=patient.full_name, birth_date=birth_date, phone=str(patient.phone or "")
    )
    if duplicates:
        patient.duplicate_reason = duplicate_reason.strip()
    if duplicates and needs_reason and not patient.duplicate_reason:
        raise PossibleDuplicateError(duplicates)
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
    *, patient: Patient, actor: User, refuse_stale: Guard | None = None, **fields: Any
) -> Patient:
    """Correct identity and contact data; the trail names the fields, not their values."""
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
    for name in changed:
        setattr(patient, name, fields[name])
    _check_identity(patient)
    patient.save(update_fields=[*changed, "search_name"])
    keep_former(patient=patient, before=before)
    copy_to_account(patient)
    event = record(
        AuditEvent.Verb.UPDATE,
        actor=actor,
        patient=patient,
        target=patient,
        detail={"fields": sorted(changed)},
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


def find_patients(*, among: QuerySet[Patient], text: str) -> QuerySet[Patient]:
    """Find patients whose names, record number, phone or date of birth match what was typed."""
    words = text.split()
    birth_dates = [day for day in map(_as_date, words) if day]
    rest = " ".join(word for word in words if not _as_date(word))
    # By the name without accents, so that Éloïse comes between Elise and Emma in every database.
    found = among.order_by("search_name", "record_number")
    if birth_dates:
        # An ended record keeps only the year, which does not mean the first of January.
        found = found.filter(birth_date__in=birth_dates, pseudonymised_at__isnull=True)
    if not rest:
        return found
    by_name = Q()
    for word in searchable(rest).split():
        by_name &= Q(search_name__contains=word)
    return found.filter((by_name if by_name else Q(pk__in=[])) | _by_number(rest))


@transaction.atomic
def record_patient_search(*, actor: User, count: int) -> None:
    """Note that somebody searched and how many were found, not what was typed."""
    record(AuditEvent.Verb.SEARCH, actor=actor, detail={"of": "patients", "count": count})


@transaction.atomic
def record_patient_list(*, actor: User, of: str, count: int) -> None:
    """Note that somebody saw a list with patients’ names."""
    record(AuditEvent.Verb.LIST, actor=actor, detail={"of": of, "count": count})


@transaction.atomic
def record_patient_view(*, patient: Patient, actor: User, target: Model | None = None) -> None:
    """Note that somebody opened the patient’s page, or one of the patient’s appointments."""
    record(AuditEvent.Verb.VIEW, actor=actor, patient=patient, target=target or patient)


def _as_date(word: str) -> date | None:
    for spelling in ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"):
        with suppress(ValueError):
            return datetime.strptime(word, spelling).date()
    return None


def _by_number(text: str) -> Q:
    """Find patients by record number or phone, however it is written."""
    numbers = Q(pk__in=[])
    if record_number := re.fullmatch(r"[Pp]?[-\s]?(\d{1,9})", text):
        numbers |= Q(record_number=f"P-{int(record_number[1]):06d}")
    if re.fullmatch(r"\+?[\d\s().\-/]{4,}", text):
        phone = to_python(text)
        if phone and phone.is_valid():
            numbers |= Q(phone=phone.as_e164)
        else:
            digits = re.sub(r"\D", "", text).lstrip("0")
            numbers |= Q(phone__contains=digits) if len(digits) >= MIN_PHONE_DIGITS else Q()
    return numbers


def _check_identity(patient: Patient) -> None:
    if patient.birth_date and patient.birth_date > timezone.localdate():
        raise ValidationError({"birth_date": _("A date of birth cannot be in the future.")})
    if patient.birth_date and patient.birth_date.year < OLDEST_BIRTH_YEAR:
        raise ValidationError({"birth_date": _("Check the year of birth.")})
    patient.search_name = search_name_of(patient)
    patient.full_clean(exclude=["record_number"])


def _insert_with_record_number(patient: Patient) -> None:
    """Take the next number, or the one after if another desk takes it first."""
    for _try in range(RECORD_NUMBER_TRIES):
        patient.record_number = _next_record_number()
        try:
            with transaction.atomic():
                patient.save(force_insert=True)
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
