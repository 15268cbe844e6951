"""Copy the newer phone and language of a patient's account or record to both.

The audit trail says which was changed last. Where it does not, the account's counts, because the
person typed it on their own profile. The replaced phone is kept as a former one, because texts may
contain it until the record ends. Where 0037 has done this already, both agree and nothing changes.
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
        before = {str(row.phone) for row in (patient, patient.user) if row.phone}
        for name in ("phone", "language"):
            keep_newer(apps, patient, name)
        patient.save(update_fields=["phone", "language"])
        patient.user.save(update_fields=["phone", "language"])
        keep_former(apps, patient, before - {str(patient.phone)})


def keep_former(apps: Any, patient: Any, phones: set[str]) -> None:
    former = apps.get_model("clinic", "FormerIdentity").objects
    # The values are encrypted, so the database cannot compare them.
    kept = {row.value for row in former.filter(patient=patient, kind="phone")}
    for phone in sorted(phones - kept):
        former.create(patient=patient, kind="phone", value=phone)


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
    dependencies = [("clinic", "0048_overdue_news_say_what_is_needed")]

    operations = [migrations.RunPython(agree, migrations.RunPython.noop, elidable=True)]
