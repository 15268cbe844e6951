"""`manage.py restore FOLDER`: brings a backup into an empty database and folder."""

from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from skinhealth.backup import BackupError, restore_backup


class Command(BaseCommand):
    """Brings a backup into an empty database and folder."""

    help = "Brings a backup into an empty database and folder."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            files = restore_backup(folder)
        except BackupError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Checked and restored: {files} files.")
