"""Diagnoses of signed visits could be read before, and stay readable."""

from django.db import migrations


def release(apps, _editor):
    reviews = apps.get_model("diagnosis", "Review").objects.filter(disease__isnull=False)
    signed = reviews.filter(prediction__image__consultation__signed_at__isnull=False)
    signed.update(release="before")
    reviews.filter(release="").update(release="at_once")


class Migration(migrations.Migration):
    dependencies = [
        ("diagnosis", "0015_diagnosis_is_released"),
        ("clinic", "0054_clinic_says_when_diagnoses_are_read"),
    ]

    operations = [
        migrations.RunPython(release, migrations.RunPython.noop),
    ]
