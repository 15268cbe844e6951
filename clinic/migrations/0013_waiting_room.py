import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0012_walk_in_holds_no_slot"),
    ]

    operations = [
        migrations.CreateModel(
            name="WaitingScreen",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token_sha256", models.CharField(editable=False, max_length=64, unique=True)),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "last_read_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="last read"),
                ),
            ],
            options={
                "verbose_name": "screen of the waiting room",
                "verbose_name_plural": "screens of the waiting room",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("pk", 1)), name="waiting_screen_is_one_row"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ArrivalToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                (
                    "appointment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="arrival_token",
                        to="clinic.appointment",
                    ),
                ),
            ],
            options={
                "verbose_name": "token of an arrival",
                "verbose_name_plural": "tokens of arrivals",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "number"), name="arrival_token_is_unique_on_its_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="arrival_token_counts_from_one"
                    ),
                ],
            },
        ),
    ]
