import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clinic", "0005_the_clock_may_move_an_appointment")]

    operations = [
        migrations.CreateModel(
            name="AppointmentNotice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("booked", "Confirmation"),
                            ("moved", "New time"),
                            ("cancelled", "Cancellation"),
                            ("first_reminder", "First reminder"),
                            ("last_reminder", "Last reminder"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("email", "E-mail"), ("sms", "Text message")],
                        max_length=10,
                        verbose_name="channel",
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="start that it tells")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting to be sent"),
                            ("sending", "Being sent"),
                            ("sent", "Sent"),
                            ("skipped", "Not needed any more"),
                            ("failed", "Could not be sent"),
                            ("cut_off", "Broken off, may have arrived"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                (
                    "due_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="not before"
                    ),
                ),
                ("claimed_at", models.DateTimeField(blank=True, null=True, verbose_name="claimed")),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="finished"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "appointment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="clinic.appointment",
                    ),
                ),
            ],
            options={
                "verbose_name": "message",
                "verbose_name_plural": "messages",
                "ordering": ["created_at", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "waiting")),
                        fields=["due_at"],
                        name="notice_waiting_by_time",
                    ),
                    models.Index(
                        condition=models.Q(("status", "sending")),
                        fields=["claimed_at"],
                        name="notice_sending_by_time",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("appointment", "kind", "channel", "starts_at"),
                        name="notice_exists_once_per_start_and_channel",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("finished_at__isnull", True),
                                ("status__in", ["waiting", "sending"]),
                            ),
                            models.Q(
                                ("finished_at__isnull", False),
                                ("status__in", ["sent", "skipped", "failed", "cut_off"]),
                            ),
                            _connector="OR",
                        ),
                        name="notice_is_finished_or_under_way",
                    ),
                ],
            },
        ),
    ]
