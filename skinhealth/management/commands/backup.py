from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from skinhealth.operations.backup.copies import make_backup
from skinhealth.operations.backup.errors import BackupError


class Command(BaseCommand):
    """Writes the database and all files into a new folder, while the site runs."""

    help = "Writes the database and all files into a new folder, while the site runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the folder."""
        parser.add_argument("folder", metavar="DIR", type=Path, help="a new or an empty folder")

    def handle(self, *, folder: Path, **options: object) -> None:
        """Make the backup and print how many files it has."""
        try:
            manifest = make_backup(folder)
        except (BackupError, DatabaseError, OSError) as error:
            raise CommandError(f"There is no backup. {error}") from error
        self.stdout.write(f"{folder}: the database and {len(manifest.files) - 1} files.")
