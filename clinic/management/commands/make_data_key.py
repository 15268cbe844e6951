"""`manage.py make_data_key`: a key for DATA_KEYS."""

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clinic.core.encryption import KEY_ID, new_data_key


class Command(BaseCommand):
    """Prints a new key to encrypt photographs and clinical texts with."""

    help = (
        "Prints a new key. Put it before the keys that DATA_KEYS holds, with a comma between them, "
        "start the site again and call rotate_data_keys."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--id", help="the name of the key; without it, the day")

    def handle(self, *args: Any, **options: Any) -> None:
        key_id = options["id"] or timezone.localdate().isoformat()
        if not KEY_ID.fullmatch(key_id):
            raise CommandError("The name of a key is 1 to 20 small letters, digits and hyphens.")
        self.stdout.write(new_data_key(key_id))
