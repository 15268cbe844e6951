from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0053_clinic_has_an_order_of_dates"),
    ]

    operations = [
        migrations.AddField(
            model_name="clinicsettings",
            name="diagnosis_release",
            field=models.CharField(
                choices=[
                    ("at_once", "As soon as the visit is signed"),
                    ("after_conversation", "After the conversation with the doctor"),
                ],
                default="at_once",
                max_length=20,
                verbose_name="when patients read their diagnoses",
            ),
        ),
    ]
