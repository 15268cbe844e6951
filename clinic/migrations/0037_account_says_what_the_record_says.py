"""What made account and record agree is done in 0049, where earlier telephones can be kept."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("clinic", "0036_doctor_has_a_successor")]

    operations: list[migrations.RunPython] = []
