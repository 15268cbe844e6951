"""Do nothing: 0049 makes account and record agree, because it can keep earlier telephone numbers."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("clinic", "0036_doctor_has_a_successor")]

    operations: list[migrations.RunPython] = []
