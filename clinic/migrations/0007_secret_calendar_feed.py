import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clinic", "0006_notice_exists_once")]

    operations = [
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token_sha256", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "shows_initials",
                    models.BooleanField(
                        default=False,
                        help_text="A calendar program keeps them outside the clinic. Full names never leave.",
                        verbose_name="Show the patients’ initials",
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "last_read_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="last read"),
                ),
                (
                    "doctor",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calendar_feed",
                        to="clinic.doctor",
                        verbose_name="doctor",
                    ),
                ),
            ],
            options={
                "verbose_name": "calendar address",
                "verbose_name_plural": "calendar addresses",
            },
        ),
    ]
