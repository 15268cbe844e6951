from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clinic", "0035_ended_record_has_no_name")]

    operations = [
        migrations.AddField(
            model_name="doctor",
            name="successor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=models.deletion.PROTECT,
                related_name="predecessors",
                to="clinic.doctor",
                verbose_name="successor",
            ),
        ),
        migrations.AddConstraint(
            model_name="doctor",
            constraint=models.CheckConstraint(
                condition=~models.Q(successor=models.F("pk")),
                name="doctor_is_succeeded_by_somebody_else",
            ),
        ),
    ]
