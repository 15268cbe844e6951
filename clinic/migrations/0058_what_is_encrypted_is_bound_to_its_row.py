import logging

from django.db import migrations

from clinic.core.encrypted_columns import bind_stored_texts
from clinic.core.old_format import end_old_format

logger = logging.getLogger(__name__)


def bind(apps, schema_editor):
    """Bind every text, secret and file to its row; started again, it goes on where it stopped."""
    from allauth.mfa.models import Authenticator

    from clinic.office.services.data_keys import bind_files
    from clinic.people.services.second_factors import bind_secrets

    unreadable = bind_stored_texts(apps, schema_editor.connection)
    for factor in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk"):
        bind_secrets(factor)
    bind_files(unreadable.append)
    for place in unreadable:
        logger.error("Not bound to its row, because it cannot be read: %s", place)
    end_old_format()


class Migration(migrations.Migration):
    # Each batch is stored on its own.
    atomic = False

    dependencies = [
        ("clinic", "0057_former_identity_chooses_its_key"),
        ("diagnosis", "0016_what_was_read_stays_readable"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    # Backwards, everything stays bound: the code before this cannot read it.
    operations = [migrations.RunPython(bind, migrations.RunPython.noop)]
