import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0009_clinic_has_a_clock_and_languages"),
    ]

    operations = [
        migrations.CreateModel(
            name="PatientDocument",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("referral", "Referral"),
                            ("laboratory", "Laboratory"),
                            ("histology", "Histology"),
                            ("other_clinical", "Other, clinical"),
                            ("consent_form", "Consent form"),
                            ("insurance", "Insurance"),
                            ("identity", "Identity"),
                            ("other_administrative", "Other, administrative"),
                        ],
                        max_length=24,
                        verbose_name="category",
                    ),
                ),
                ("title", models.CharField(max_length=120, verbose_name="title")),
                ("file", models.FileField(upload_to="documents/")),
                (
                    "format",
                    models.CharField(
                        choices=[("pdf", "PDF"), ("jpg", "JPEG")],
                        max_length=4,
                        verbose_name="format",
                    ),
                ),
                ("size", models.PositiveIntegerField(verbose_name="bytes")),
                ("page_count", models.PositiveIntegerField(default=1, verbose_name="pages")),
                (
                    "sha256",
                    models.CharField(max_length=64, verbose_name="SHA-256 of the stored file"),
                ),
                (
                    "upload_sha256",
                    models.CharField(
                        max_length=64, verbose_name="SHA-256 of the file as it was sent"
                    ),
                ),
                (
                    "is_shared",
                    models.BooleanField(default=False, verbose_name="the patient reads it too"),
                ),
                ("added_at", models.DateTimeField(auto_now_add=True)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                (
                    "archived_reason",
                    models.CharField(blank=True, max_length=200, verbose_name="reason"),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "archived_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="received_documents",
                        to="clinic.patient",
                    ),
                ),
            ],
            options={
                "verbose_name": "document",
                "verbose_name_plural": "documents",
                "ordering": ["-added_at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("archived_at__isnull", True),
                            models.Q(
                                models.Q(("archived_reason", ""), _negated=True),
                                ("archived_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="patient_document_archived_says_why",
                        violation_error_message="Say in a few words why.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("archived_at__isnull", True)),
                        fields=("patient", "category", "upload_sha256"),
                        name="patient_document_is_in_a_record_once",
                        violation_error_message="This file is in the record already.",
                    ),
                ],
            },
        ),
    ]
