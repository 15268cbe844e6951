from django.db import migrations

import clinic.encrypted_fields


class Migration(migrations.Migration):
    dependencies = [
        ("diagnosis", "0007_diseases_in_french_and_arabic"),
    ]

    operations = [
        migrations.AlterField(
            model_name="lesion",
            name="description",
            field=clinic.encrypted_fields.EncryptedCharField(
                blank=True, max_length=120, verbose_name="description"
            ),
        ),
        migrations.AlterField(
            model_name="lesionimage",
            name="size_note",
            field=clinic.encrypted_fields.EncryptedCharField(
                blank=True, max_length=120, verbose_name="note on the size"
            ),
        ),
        migrations.AlterField(
            model_name="referralletter",
            name="addressee",
            field=clinic.encrypted_fields.EncryptedTextField(
                max_length=400, verbose_name="addressee"
            ),
        ),
        migrations.AlterField(
            model_name="referralletter",
            name="model_answers",
            field=clinic.encrypted_fields.EncryptedJSONField(
                blank=True,
                default=list,
                help_text="Sentences; none where the doctor left them out.",
            ),
        ),
        migrations.AlterField(
            model_name="referralletter",
            name="question",
            field=clinic.encrypted_fields.EncryptedCharField(
                max_length=300, verbose_name="question"
            ),
        ),
        migrations.AlterField(
            model_name="referralletter",
            name="text",
            field=clinic.encrypted_fields.EncryptedTextField(max_length=8000, verbose_name="text"),
        ),
        migrations.AlterField(
            model_name="review",
            name="comment",
            field=clinic.encrypted_fields.EncryptedTextField(blank=True, verbose_name="comment"),
        ),
        migrations.AlterField(
            model_name="review",
            name="reason",
            field=clinic.encrypted_fields.EncryptedTextField(blank=True, verbose_name="reason"),
        ),
    ]
