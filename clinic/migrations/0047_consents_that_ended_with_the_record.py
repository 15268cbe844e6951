"""Name nobody as having withdrawn a consent that ended with its record: an admin only ended the record."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def forget_who_ended_the_record(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    # Admins neither record nor withdraw consents; the trail says which of them ended the record.
    apps.get_model("clinic", "Consent").objects.filter(
        patient__pseudonymised_at__isnull=False, withdrawn_by__role="admin"
    ).update(withdrawn_by=None)


class Migration(migrations.Migration):
    dependencies = [("clinic", "0046_successors_hear_of_it")]

    operations = [
        migrations.RunPython(forget_who_ended_the_record, migrations.RunPython.noop),
    ]
