from django.db import migrations
from django.utils import timezone


def keep_open(apps, schema_editor):
    """Leave the record open to accounts that have signed in before, and so have read it already."""
    patients = apps.get_model("clinic", "Patient").objects
    patients.filter(
        user__last_login__isnull=False, record_opened_at=None, pseudonymised_at=None
    ).update(record_opened_at=timezone.now(), record_opened_how="before")


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0042_record_opens_by_a_proof"),
    ]

    operations = [
        migrations.RunPython(keep_open, migrations.RunPython.noop),
    ]
