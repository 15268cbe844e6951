import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import clinic.encrypted_fields


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0021_audit_trail_is_only_added_to"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="emergency_until",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="verb",
            field=models.CharField(
                choices=[
                    ("sign_in", "Signed in"),
                    ("sign_out", "Signed out"),
                    ("view", "Viewed"),
                    ("list", "Listed"),
                    ("search", "Searched"),
                    ("download", "Downloaded"),
                    ("export", "Exported"),
                    ("create", "Created"),
                    ("update", "Changed"),
                    ("transition", "Moved on"),
                    ("sign", "Signed"),
                    ("review", "Reviewed"),
                    ("emergency", "Opened in an emergency"),
                    ("denied", "Denied"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[
                    ("requested", "A patient asks for an appointment"),
                    ("cancelled_by_patient", "A patient cancelled an appointment"),
                    ("booked", "New appointment"),
                    ("moved", "An appointment was moved"),
                    ("cancelled", "An appointment was called off"),
                    ("urgent_arrival", "An urgent patient has arrived"),
                    ("walk_in", "A patient without an appointment waits"),
                    ("answer_ready", "The answer to a photograph is there"),
                    ("review_overdue", "An answer has waited a day for your review"),
                    ("visit_signed", "Your visit is in your record"),
                    ("emergency_opened", "A record was opened in an emergency"),
                    ("emergency_overdue", "An emergency access waits for your review"),
                    ("message_failed", "A message to a patient may not have arrived"),
                ],
                max_length=30,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="EmergencyAccess",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "reason",
                    clinic.encrypted_fields.EncryptedCharField(
                        max_length=500, verbose_name="reason"
                    ),
                ),
                ("started_at", models.DateTimeField(verbose_name="started")),
                ("ends_at", models.DateTimeField(db_index=True, verbose_name="ends")),
                (
                    "reviewed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="reviewed"),
                ),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[("justified", "Justified"), ("not_justified", "Not justified")],
                        max_length=20,
                        verbose_name="verdict",
                    ),
                ),
                (
                    "note",
                    clinic.encrypted_fields.EncryptedCharField(
                        blank=True, max_length=500, verbose_name="note"
                    ),
                ),
                (
                    "doctor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="emergency_accesses",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="emergency_accesses",
                        to="clinic.patient",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "emergency access",
                "verbose_name_plural": "emergency accesses",
                "ordering": ["-started_at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("started_at"))),
                        name="emergency_access_ends_after_it_starts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("note", ""),
                                ("reviewed_at__isnull", True),
                                ("reviewed_by__isnull", True),
                                ("verdict", ""),
                            ),
                            models.Q(
                                ("reviewed_at__isnull", False),
                                ("reviewed_by__isnull", False),
                                models.Q(("verdict", ""), _negated=True),
                                models.Q(("note", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="emergency_access_review_has_verdict_and_note",
                    ),
                ],
            },
        ),
    ]
