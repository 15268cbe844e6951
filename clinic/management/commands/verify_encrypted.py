"""`manage.py verify_encrypted`: open every encrypted text, secret and file at its own row."""

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from clinic.core.interruption import interruptible
from clinic.office.services.encrypted_check import check_encrypted

SAID_EVERY = 10_000


class Command(BaseCommand):
    """Reads everything that is encrypted, and names what was changed, swapped or lost."""

    help = (
        "Finds encrypted texts, secrets and files that do not open at their own row; exit status 1 "
        "if any. It changes nothing, and may be interrupted and continued with --after."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--after",
            metavar="TABLE.COLUMN/ROW",
            default="",
            help="the last place that an interrupted run named",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        opened = problems = 0
        with interruptible() as interrupted:
            try:
                for each in check_encrypted(after=options["after"]):
                    opened += not each.problem
                    problems += bool(each.problem)
                    if each.problem:
                        self.stdout.write(f"{each}: {each.problem}")
                    if (opened + problems) % SAID_EVERY == 0:
                        self.stdout.write(f"{opened} opened, up to {each}")
                    if interrupted:
                        raise CommandError(f"Interrupted. Go on with --after {each}")
            except ValueError as error:
                raise CommandError(str(error)) from error
        self.stdout.write(f"{opened} opened")
        if problems:
            raise CommandError(f"{problems} cannot be opened.", returncode=1)
        self.stdout.write("Everything encrypted opens at its own row.")
