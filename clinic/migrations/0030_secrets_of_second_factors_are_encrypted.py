from django.db import migrations

from clinic.encryption import TEXT_PREFIX, seal_text

CONTEXT = "mfa_authenticator.data"
SECRETS = ("secret", "seed")


def seal_secrets(apps, schema_editor):
    """Encrypt what was stored in plain text."""
    _rewrite(
        apps,
        lambda factor, name: (
            factor.data[name]
            if factor.data[name].startswith(TEXT_PREFIX)
            else seal_text(factor.data[name], context=CONTEXT)
        ),
    )


def open_secrets(apps, schema_editor):
    """Decrypt it again, for a migration backwards."""
    from clinic.people.services.second_factors import plain_secret

    _rewrite(apps, plain_secret)


def _rewrite(apps, rewritten):
    for factor in apps.get_model("mfa", "Authenticator").objects.iterator():
        found = [name for name in SECRETS if name in factor.data]
        for name in found:
            factor.data[name] = rewritten(factor, name)
        if found:
            factor.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0029_patient_keeps_why_this_is_somebody_else"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(seal_secrets, open_secrets)]
