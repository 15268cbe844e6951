"""Telephone and language of a patient's account become those of the record: the newer of both.

The audit trail knows which was changed last. Where it does not, the account's counts: the person
typed it on their own profile.
"""

from typing import Any

from django.db import migrations
from django.db.models import F, Q


def agree(apps: Any, _schema_editor: Any) -> None:
    patients = apps.get_model("clinic", "Patient").objects.filter(
        user__isnull=False, pseudonymised_at__isnull=True
    )
    differing = ~Q(phone=F("user__phone")) | ~Q(language=F("user__language"))
    for patient in patients.filter(differing).select_related("user"):
        for name in ("phone", "language"):
            keep_newer(apps, patient, name)
        patient.save(update_fields=["phone", "language"])
        patient.user.save(update_fields=["phone", "language"])


def keep_newer(apps: Any, patient: Any, name: str) -> None:
    mine, theirs = getattr(patient, name), getattr(patient.user, name)
    if not theirs or (mine and is_record_newer(apps, patient, name)):
        setattr(patient.user, name, mine)
    else:
        setattr(patient, name, theirs)


def is_record_newer(apps: Any, patient: Any, name: str) -> bool:
    by_desk = changed_at(apps, patient, "clinic.patient", "fields", name)
    by_person = changed_at(apps, patient.user, "clinic.user", "changed", name)
    return by_desk is not None and (by_person is None or by_desk > by_person)


def changed_at(apps: Any, row: Any, kind: str, key: str, name: str) -> Any:
    events = apps.get_model("clinic", "AuditEvent").objects.filter(
        verb="update", target_type=kind, target_id=str(row.pk)
    )
    changes = [event for event in events if name in event.detail.get(key, ())]
    return max((event.at for event in changes), default=None)


class Migration(migrations.Migration):
    dependencies = [("clinic", "0036_doctor_has_a_successor")]

    operations = [migrations.RunPython(agree, migrations.RunPython.noop, elidable=True)]
