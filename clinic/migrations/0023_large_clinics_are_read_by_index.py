from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0022_emergency_access"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                fields=["status", "starts_at"], name="appointment_by_status_and_time"
            ),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                fields=["doctor", "status", "patient"], name="appointment_of_a_doctor"
            ),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                fields=["patient", "doctor", "status"], name="appointment_of_a_patient"
            ),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                condition=models.Q(("overbooked_reason", ""), _negated=True),
                fields=["doctor", "starts_at"],
                name="appointment_overbooked",
            ),
        ),
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(
                condition=models.Q(("is_possible_duplicate", True)),
                fields=["full_name", "record_number"],
                name="patient_who_may_be_twice",
            ),
        ),
    ]
