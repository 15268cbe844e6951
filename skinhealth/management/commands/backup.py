"""`manage.py backup FOLDER`: writes the site into a new folder while it runs."""

from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from skinhealth.backup import BackupError, make_backup


class Command(BaseCommand):
    """Writes database and photographs into a new folder while the site runs."""

    help = "Writes database and photographs into a new folder while the site runs."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            files = make_backup(folder)
        except BackupError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Backed up: {files} files.")
