from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0010_documents_of_a_patient"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="issueddocument",
            name="document_keeps_its_token",
        ),
        migrations.AlterField(
            model_name="issueddocument",
            name="kind",
            field=models.CharField(
                choices=[
                    ("prescription", "Prescription"),
                    ("visit_report", "Visit report"),
                    ("visit_letter", "Visit report for the patient"),
                    ("referral_letter", "Referral letter"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="issueddocument",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "referral_letter"), _negated=True),
                fields=("consultation", "kind"),
                name="document_keeps_its_token",
            ),
        ),
    ]
