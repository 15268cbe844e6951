from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0019_catalogue_in_french_and_arabic"),
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
            index=models.Index(fields=["doctor", "status", "patient"], name="appointment_by_care"),
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
