from django.db import migrations

import clinic.encrypted_fields


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0023_large_clinics_are_read_by_index"),
    ]

    operations = [
        migrations.AlterField(
            model_name="addendum",
            name="text",
            field=clinic.encrypted_fields.EncryptedTextField(verbose_name="text"),
        ),
        migrations.AlterField(
            model_name="allergy",
            name="code",
            field=clinic.encrypted_fields.EncryptedCharField(
                blank=True,
                editable=False,
                help_text="The term of the table of drugs; empty for what the table does not know.",
                max_length=60,
                verbose_name="ingredient or class",
            ),
        ),
        migrations.AlterField(
            model_name="allergy",
            name="ended_reason",
            field=clinic.encrypted_fields.EncryptedCharField(
                blank=True, max_length=200, verbose_name="reason"
            ),
        ),
        migrations.AlterField(
            model_name="allergy",
            name="reaction",
            field=clinic.encrypted_fields.EncryptedCharField(
                blank=True, max_length=200, verbose_name="reaction"
            ),
        ),
        migrations.AlterField(
            model_name="allergy",
            name="substance",
            field=clinic.encrypted_fields.EncryptedCharField(
                max_length=200, verbose_name="substance"
            ),
        ),
        migrations.AlterField(
            model_name="condition",
            name="ended_reason",
            field=clinic.encrypted_fields.EncryptedCharField(
                blank=True, max_length=200, verbose_name="reason"
            ),
        ),
        migrations.AlterField(
            model_name="condition",
            name="icd10",
            field=clinic.encrypted_fields.EncryptedCharField(
                blank=True, max_length=10, verbose_name="ICD-10"
            ),
        ),
        migrations.AlterField(
            model_name="condition",
            name="name",
            field=clinic.encrypted_fields.EncryptedCharField(
                max_length=200, verbose_name="condition"
            ),
        ),
        migrations.AlterField(
            model_name="consultation",
            name="assessment",
            field=clinic.encrypted_fields.EncryptedTextField(blank=True, verbose_name="assessment"),
        ),
        migrations.AlterField(
            model_name="consultation",
            name="conclusion",
            field=clinic.encrypted_fields.EncryptedTextField(
                blank=True,
                help_text="The patient reads this once the visit is signed.",
                verbose_name="conclusion for the patient",
            ),
        ),
        migrations.AlterField(
            model_name="consultation",
            name="examination",
            field=clinic.encrypted_fields.EncryptedTextField(
                blank=True, verbose_name="examination"
            ),
        ),
        migrations.AlterField(
            model_name="consultation",
            name="history",
            field=clinic.encrypted_fields.EncryptedTextField(blank=True, verbose_name="history"),
        ),
        migrations.AlterField(
            model_name="consultation",
            name="notes",
            field=clinic.encrypted_fields.EncryptedTextField(
                blank=True, verbose_name="other notes"
            ),
        ),
        migrations.AlterField(
            model_name="consultation",
            name="plan",
            field=clinic.encrypted_fields.EncryptedTextField(blank=True, verbose_name="plan"),
        ),
        migrations.AlterField(
            model_name="consultation",
            name="reason",
            field=clinic.encrypted_fields.EncryptedCharField(
                blank=True, max_length=200, verbose_name="reason for the visit"
            ),
        ),
        migrations.AlterField(
            model_name="currentdrug",
            name="dose",
            field=clinic.encrypted_fields.EncryptedCharField(
                blank=True, max_length=120, verbose_name="dose"
            ),
        ),
        migrations.AlterField(
            model_name="currentdrug",
            name="drug",
            field=clinic.encrypted_fields.EncryptedCharField(max_length=120, verbose_name="drug"),
        ),
        migrations.AlterField(
            model_name="currentdrug",
            name="ended_reason",
            field=clinic.encrypted_fields.EncryptedCharField(
                blank=True, max_length=200, verbose_name="reason"
            ),
        ),
        migrations.AlterField(
            model_name="patientdocument",
            name="archived_reason",
            field=clinic.encrypted_fields.EncryptedCharField(
                blank=True, max_length=200, verbose_name="reason"
            ),
        ),
        migrations.AlterField(
            model_name="patientdocument",
            name="title",
            field=clinic.encrypted_fields.EncryptedCharField(max_length=120, verbose_name="title"),
        ),
        migrations.AlterField(
            model_name="prescription",
            name="revoked_reason",
            field=clinic.encrypted_fields.EncryptedCharField(
                blank=True, max_length=200, verbose_name="reason"
            ),
        ),
        migrations.AlterField(
            model_name="prescriptionline",
            name="drug",
            field=clinic.encrypted_fields.EncryptedCharField(max_length=120, verbose_name="drug"),
        ),
        migrations.AlterField(
            model_name="prescriptionline",
            name="note",
            field=clinic.encrypted_fields.EncryptedCharField(
                blank=True, max_length=200, verbose_name="note"
            ),
        ),
        migrations.AlterField(
            model_name="warningoverride",
            name="reason",
            field=clinic.encrypted_fields.EncryptedCharField(max_length=200, verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="warningoverride",
            name="words",
            field=clinic.encrypted_fields.EncryptedTextField(verbose_name="warning"),
        ),
    ]
