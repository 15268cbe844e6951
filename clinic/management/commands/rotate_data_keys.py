"""`manage.py rotate_data_keys`: encrypt everything with the first key of DATA_KEYS."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError, CommandParser

from clinic.core.encrypted_columns import BATCH
from clinic.core.encryption import keyring
from clinic.core.interruption import interruptible
from clinic.office.services.data_keys import Remaining, Rotation, remaining, rotate_data_keys


class Command(BaseCommand):
    """Changes the keys, or says what still needs an old one."""

    help = (
        "Encrypts every photograph, document and clinical text with the first of DATA_KEYS while "
        "the site runs. It may be interrupted and started again. Once --check finds nothing "
        "left, the other keys can go."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check",
            action="store_true",
            help="change nothing; exit with 1 while anything needs a key other than the first",
        )
        parser.add_argument(
            "--plain-files",
            action="store_true",
            help="also encrypt files that are not encrypted: once, after an upgrade from 0.1.0",
        )
        parser.add_argument("--batch-size", type=int, default=BATCH)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self._report(remaining())
            return
        with interruptible() as interrupted:
            try:
                rotation = rotate_data_keys(
                    takes_plain_files=options["plain_files"],
                    batch_size=options["batch_size"],
                    on_progress=self._say_progress,
                    should_stop=lambda: bool(interrupted),
                )
            except ValidationError as error:
                raise CommandError(error.messages[0]) from error
        for place in rotation.unreadable:
            self.stderr.write(f"Not readable: {place}")
        self._report(remaining())

    def _say_progress(self, rotation: Rotation) -> None:
        self.stdout.write(f"{rotation.files} files and {rotation.texts} texts done")
        self.stdout.flush()

    def _report(self, left: Remaining) -> None:
        if not left:
            self.stdout.write(f"Everything is under the key “{keyring().first.id}”.")
            return
        said = f"Left: {left.files} files and {left.texts} texts under another key"
        if left.plain_files:
            said += f", {left.plain_files} files that are not encrypted (see --plain-files)"
        raise CommandError(f"{said}.")
