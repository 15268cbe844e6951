import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0011_referral_letter_has_its_own_token"),
        ("diagnosis", "0004_atlas_of_diseases"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReferralLetter",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("addressee", models.TextField(max_length=400, verbose_name="addressee")),
                ("question", models.CharField(max_length=300, verbose_name="question")),
                ("text", models.TextField(max_length=8000, verbose_name="text")),
                (
                    "model_answers",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Sentences; none where the doctor left them out.",
                    ),
                ),
                ("written_at", models.DateTimeField()),
                (
                    "consultation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referral_letters",
                        to="clinic.consultation",
                    ),
                ),
                (
                    "document",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referral_letter",
                        to="clinic.issueddocument",
                    ),
                ),
                (
                    "images",
                    models.ManyToManyField(
                        blank=True, related_name="+", to="diagnosis.lesionimage"
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "referral letter",
                "verbose_name_plural": "referral letters",
                "ordering": ["-written_at", "pk"],
            },
        ),
    ]
