"""Takes a patient's own name, phone and e-mail out of what was written about the patient.

The marks stay where the words were, and the trail names each row that lost some: a text that is
signed is shortened by nothing else, and by nobody unseen.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db.models import CharField, Model, TextField

from clinic.encrypted_fields import EncryptedCharField, EncryptedTextField
from clinic.models import AuditEvent, Patient, User
from clinic.services.audit import record
from clinic.services.patients import searchable
from clinic.ways_to_patient import APPS, steps_to_patient

NAME, CONTACT = "[name]", "[contact]"
# Of the length of the shortest name, for a field that has no room for more.
SHORT = "[-]"
SHORTEST_NAME = 3
FEWEST_DIGITS = 6
# Parts of names that are words of a language: without them whole texts would lose their articles.
PARTICLES = frozenset(
    {"and", "aus", "bin", "bint", "das", "del", "della", "den", "der", "des", "dos", "ibn", "las",
     "les", "los", "und", "van", "von", "zum", "zur"}
)  # fmt: skip
# Terms, not sentences: what a patient reacts to, has or takes may bear anybody's name.
TERMS = frozenset(
    {
        "clinic.Allergy.substance",
        "clinic.Allergy.code",
        "clinic.Condition.name",
        "clinic.Condition.icd10",
        "clinic.CurrentDrug.drug",
        "clinic.CurrentDrug.dose",
        "clinic.PrescriptionLine.drug",
        "clinic.WarningOverride.words",
    }
)
# What the desk reads and writes is stored as it is; its reasons are sentences all the same.
PLAIN = frozenset({"clinic.Appointment.overbooked_reason", "clinic.AppointmentTransition.reason"})
# A letter and the accents that may follow it: texts come in both spellings of “é”.
WORD = re.compile(r"(?:[^\W_]|[\u0300-\u036f\u064b-\u065f\u0670])+")
SEVERAL = re.compile(rf"{re.escape(NAME)}(?:[ \t'’-]+{re.escape(NAME)})+")
BETWEEN = r"[\s.\-/()]{0,3}"


@dataclass(frozen=True)
class Identity:
    """What tells in a text who somebody is: words in their plain form, and ways to reach them."""

    words: frozenset[str]
    contacts: tuple[re.Pattern[str], ...]

    def removed_from(self, text: str) -> tuple[str, int]:
        """The text with marks in place of whatever tells, and how often something did."""
        found = 0

        def mark_word(match: re.Match[str]) -> str:
            nonlocal found
            # “A brown macule, petit” are findings: a name is written with a capital letter.
            if match[0][0].islower() or searchable(match[0]) not in self.words:
                return match[0]
            found += 1
            return NAME

        for contact in self.contacts:
            text, times = contact.subn(CONTACT, text)
            found += times
        return SEVERAL.sub(NAME, WORD.sub(mark_word, text)), found


def identity_of(patient: Patient) -> Identity:
    """What is known of a patient until it is removed."""
    user = patient.user
    names = [patient.full_name, patient.preferred_name, user.full_name if user else ""]
    words = frozenset(
        word
        for word in searchable(" ".join(names)).split()
        if len(word) >= SHORTEST_NAME and word.isalpha() and word not in PARTICLES
    )
    emails = {patient.email, user.email if user else ""} - {""}
    phones = {patient.phone, user.phone if user else ""}
    contacts = [*map(_email_pattern, sorted(emails))]
    # Fewer digits are a dose or a day as often as a telephone.
    contacts += [
        _phone_pattern(str(phone.country_code), str(phone.national_number))
        for phone in phones
        if phone and phone.national_number and len(str(phone.national_number)) >= FEWEST_DIGITS
    ]
    return Identity(words, tuple(contacts))


def remove_identity_from_texts(*, patient: Patient, identity: Identity, actor: User | None) -> int:
    """Marks what tells in every text of the record; returns how many rows it changed."""
    changed_rows = 0
    for model, way, fields in _texts():
        rows = model._default_manager.select_for_update(no_key=True, of=("self",))
        for row in rows.filter(**{way: patient}).order_by("pk"):
            changed, counts = _changed(row, fields, identity.removed_from)
            if not changed:
                continue
            model._default_manager.filter(pk=row.pk).update(**changed)
            record(
                AuditEvent.Verb.UPDATE,
                actor=actor,
                patient=patient,
                target=row,
                detail={"identity_removed": counts},
            )
            changed_rows += 1
    return changed_rows


def _changed(
    row: Model, fields: list[str], removed_from: Callable[[str], tuple[str, int]]
) -> tuple[dict[str, str], dict[str, int]]:
    changed, counts = {}, {}
    for name in fields:
        text, found = removed_from(getattr(row, name) or "")
        if not found:
            continue
        longest = getattr(row._meta.get_field(name), "max_length", None)
        if longest is not None and len(text) > longest:
            text = text.replace(NAME, SHORT).replace(CONTACT, SHORT)
        changed[name], counts[name] = text, found
    return changed, counts


def _texts() -> Iterator[tuple[type[Model], str, list[str]]]:
    """Each model with sentences about a patient: the way to the patient, and their fields."""
    for app in APPS:
        for model in apps.get_app_config(app).get_models():
            way = "__".join(steps_to_patient(model))
            fields = [
                field.name for field in model._meta.concrete_fields if _is_sentence(model, field)
            ]
            if way and fields:
                yield model, way, fields


def _is_sentence(model: type[Model], field: object) -> bool:
    if not isinstance(field, CharField | TextField):
        return False
    label = f"{model._meta.label}.{field.name}"
    is_encrypted = isinstance(field, EncryptedCharField | EncryptedTextField)
    return label in PLAIN or (is_encrypted and label not in TERMS)


def _email_pattern(address: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.+-]){re.escape(address)}(?![\w-])", re.IGNORECASE)


def _phone_pattern(country: str, digits: str) -> re.Pattern[str]:
    """A number with or without the country, however its digits are grouped."""
    abroad = rf"(?:(?:\+|00){BETWEEN}{country}{BETWEEN})?"
    return re.compile(rf"(?<!\d){abroad}0?{BETWEEN}{BETWEEN.join(digits)}(?!\d)")
