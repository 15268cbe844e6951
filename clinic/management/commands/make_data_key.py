"""`manage.py make_data_key`: make a key for DATA_KEYS."""

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clinic.core.encryption import KEY_ID, new_data_key


class Command(BaseCommand):
    """Prints a new key for encrypting photographs and clinical texts."""

    help = (
        "Prints a new key. Put it first in DATA_KEYS, with a comma before the other keys, "
        "restart the site and run rotate_data_keys."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--id", help="the name of the key; today's date if omitted")

    def handle(self, *args: Any, **options: Any) -> None:
        key_id = options["id"] or timezone.localdate().isoformat()
        if not KEY_ID.fullmatch(key_id):
            raise CommandError("A key's name is 1 to 20 lower-case letters, digits and hyphens.")
        self.stdout.write(new_data_key(key_id))
