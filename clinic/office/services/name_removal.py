"""Remove a patient's own names, phones and email addresses from texts about the patient.

Marks stay where the words were, and the trail names each changed row. Nothing else shortens a
signed text, and nobody does so unnoticed.
"""

import re
from collections.abc import Callable, Iterator

from django.apps import apps
from django.db.models import CharField, Model, TextField
from phonenumber_field.phonenumber import PhoneNumber, to_python

from clinic.core.encrypted_fields import EncryptedCharField, EncryptedTextField
from clinic.office.identities import CONTACT, NAME, Identity, identity_from
from clinic.people.models.patient import Patient
from clinic.people.models.record_ending import FormerIdentity
from clinic.people.models.user import User
from clinic.people.services.former_identities import former_values
from clinic.people.ways_to_patient import APPS, steps_to_patient
from clinic.records.models.phrase import WritingTemplateVersion
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record

# As long as the shortest name, for a field with no more room.
SHORT = "[-]"
FEWEST_DIGITS = 6
# Terms, not sentences: the name of an allergen, disease or drug may contain anybody's name.
TERMS = frozenset(
    {
        "clinic.Allergy.substance",
        "clinic.Allergy.code",
        "clinic.Condition.name",
        "clinic.Condition.icd10",
        "clinic.CurrentDrug.drug",
        "clinic.CurrentDrug.dose",
        "clinic.PrescriptionLine.drug",
        "clinic.PrescriptionLine.form",
        "clinic.PrescriptionLine.strength",
        "clinic.PrescriptionLine.dose",
        "clinic.PrescriptionLine.route",
        "clinic.PrescriptionLine.frequency",
        "clinic.PrescriptionLine.duration",
        "clinic.PrescriptionLine.quantity",
        "clinic.PrescriptionLine.indication",
        "clinic.PrescriptionLine.in_languages",
        "clinic.WarningOverride.words",
        # The record's own data about the person is removed with the person, not with the texts.
        "clinic.FormerIdentity.value",
    }
)
# What the desk reads and writes is stored unencrypted, but reasons are sentences too.
PLAIN = frozenset({"clinic.Appointment.overbooked_reason", "clinic.AppointmentTransition.reason"})
BETWEEN = r"[\s.\-/()]{0,3}"


def identity_of(patient: Patient) -> Identity:
    """Return what is known about a patient's identity, past and present, until it is removed."""
    user = patient.user
    kinds = FormerIdentity.Kind
    former: dict[str, list[str]] = {kind: [] for kind in kinds}
    if not patient._state.adding:
        former = {kind: former_values(patient, kind) for kind in kinds}
    names = [patient.full_name, patient.preferred_name, user.full_name if user else ""]
    emails = [patient.email, user.email if user else ""]
    phones = [patient.phone, user.phone if user else "", *map(to_python, former[kinds.PHONE])]
    return identity_from(
        names=[*names, *former[kinds.NAME]],
        emails=[*emails, *former[kinds.EMAIL]],
        # Fewer digits may as well be a dose or a date.
        phones=[
            _phone_pattern(str(phone.country_code), str(phone.national_number))
            for phone in phones
            if isinstance(phone, PhoneNumber)
            and phone.national_number
            and len(str(phone.national_number)) >= FEWEST_DIGITS
        ],
    )


def remove_identity_from_texts(*, patient: Patient, identity: Identity, actor: User | None) -> int:
    """Mask identifying words in every text of the record; return the number of rows changed."""
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
    return changed_rows + _remove_from_phrases(patient, identity, actor)


def _remove_from_phrases(patient: Patient, identity: Identity, actor: User | None) -> int:
    """Mask identifying words in phrases that the patient's doctors saved from their visits."""
    doctors = patient.consultations.values("doctor__user")
    changed_rows = 0
    versions = WritingTemplateVersion.objects.select_for_update(no_key=True, of=("self",))
    for version in versions.filter(written_by__in=doctors).order_by("pk"):
        content, found = _changed_content(version.content, identity.removed_from)
        if not found:
            continue
        version.content = content
        version.save(update_fields=["content"])
        record(
            AuditEvent.Verb.UPDATE,
            actor=actor,
            patient=patient,
            target=version,
            detail={"identity_removed": {"content": found}},
        )
        changed_rows += 1
    return changed_rows


def _changed_content(
    value: object, removed_from: Callable[[str], tuple[str, int]]
) -> tuple[object, int]:
    """Return the value with its texts masked at any depth, and the number of removals."""
    if isinstance(value, str):
        return removed_from(value)
    if isinstance(value, dict):
        parts = {key: _changed_content(part, removed_from) for key, part in value.items()}
        return {key: part for key, (part, _n) in parts.items()}, sum(n for _p, n in parts.values())
    if isinstance(value, list):
        items = [_changed_content(part, removed_from) for part in value]
        return [part for part, _n in items], sum(n for _p, n in items)
    return value, 0


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
    """Return each model with sentences about a patient: the path to the patient, and the fields."""
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


def _phone_pattern(country: str, digits: str) -> re.Pattern[str]:
    """Return a pattern for a number with or without country code, however it is grouped."""
    abroad = rf"(?:(?:\+|00){BETWEEN}{country}{BETWEEN})?"
    return re.compile(rf"(?<!\d){abroad}0?{BETWEEN}{BETWEEN.join(digits)}(?!\d)")
