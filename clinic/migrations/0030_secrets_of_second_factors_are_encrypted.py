from django.db import migrations

from clinic.encryption import TEXT_PREFIX, open_text, seal_text

CONTEXT = "mfa_authenticator.data"
SECRETS = ("secret", "seed")


def seal_secrets(apps, schema_editor):
    """Encrypt what was stored in plain text."""
    _rewrite(
        apps,
        lambda text: text if text.startswith(TEXT_PREFIX) else seal_text(text, context=CONTEXT),
    )


def open_secrets(apps, schema_editor):
    """Decrypt it again, for a migration backwards."""
    _rewrite(apps, lambda text: open_text(text, context=CONTEXT))


def _rewrite(apps, rewritten):
    for factor in apps.get_model("mfa", "Authenticator").objects.iterator():
        found = [name for name in SECRETS if name in factor.data]
        for name in found:
            factor.data[name] = rewritten(factor.data[name])
        if found:
            factor.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0029_patient_keeps_why_this_is_somebody_else"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(seal_secrets, open_secrets)]
