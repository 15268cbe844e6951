from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from skinhealth.operations.backup.copies import check_backup, restore_backup
from skinhealth.operations.backup.errors import BackupError


class Command(BaseCommand):
    """Fills an empty database and an empty folder from a backup, after checking all of it."""

    help = "Fills an empty database and an empty folder from a backup, after checking all of it."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the folder, and the option only to check."""
        parser.add_argument("folder", metavar="DIR", type=Path, help="what `backup` wrote")
        parser.add_argument("--check", action="store_true", help="check it and restore nothing")

    def handle(self, *, folder: Path, check: bool, **options: object) -> None:
        """Restore the backup and print what to do next."""
        try:
            manifest = check_backup(folder) if check else restore_backup(folder)
        except (BackupError, DatabaseError, OSError) as error:
            raise CommandError(f"Nothing was restored. {error}") from error
        count = len(manifest.files) - 1
        words = "whole" if check else "restored. Run `manage.py migrate` next"
        self.stdout.write(
            f"The database and {count} files of {manifest.made_at} "
            f"(code {manifest.code_version}) are {words}."
        )
