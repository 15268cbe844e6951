"""Make every ended record completely ended, before the database insists on it.

A record that was filled in again counts as not ended, where everybody sees it. It ends again by its
retention period or the granted erasure, and then its texts lose the name that came in.
"""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import F, Q

EMPTY = (
    "preferred_name",
    "phone",
    "email",
    "national_id",
    "insurer",
    "emergency_contact",
    "duplicate_reason",
)


def tidy_ended_records(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    patients, consents = apps.get_model("clinic", "Patient"), apps.get_model("clinic", "Consent")
    ended = patients.objects.filter(pseudonymised_at__isnull=False)
    filled = ~Q(full_name=F("record_number"))
    for name in EMPTY:
        filled |= ~Q(**{name: ""})
    filled |= Q(user__isnull=False) & (
        ~Q(user__full_name=F("record_number"))
        | ~Q(user__email__endswith="@erased.invalid")
        | Q(user__is_active=True)
    )
    filled_again = list(ended.filter(filled).values_list("pk", flat=True))
    patients.objects.filter(pk__in=filled_again).update(pseudonymised_at=None)
    ended.update(is_possible_duplicate=False, has_email_reminders=False, has_sms_reminders=False)
    for patient in ended.only("pk", "record_number", "pseudonymised_at"):
        patients.objects.filter(pk=patient.pk).update(search_name=patient.record_number.lower())
        consents.objects.filter(patient=patient, withdrawn_at=None).update(
            withdrawn_at=patient.pseudonymised_at
        )
    if editor.connection.vendor == "postgresql":
        editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):
    dependencies = [("clinic", "0033_never_asked_is_not_none")]

    operations = [
        migrations.RemoveConstraint(model_name="consent", name="consent_withdrawal_says_who"),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("withdrawn_at__isnull", False), ("withdrawn_by", None), _connector="OR"
                ),
                name="consent_that_holds_was_withdrawn_by_nobody",
            ),
        ),
        migrations.RunPython(tidy_ended_records, migrations.RunPython.noop),
    ]
