"""`manage.py verify_audit`: check that every row of the audit trail is still as written."""

import re
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from clinic.people.services.nightly_check import check_and_remember
from clinic.trail.services.audit_check import Head, check_audit_trail

MOST_SAID = 20


class Command(BaseCommand):
    """Reads the whole chain, and says what is wrong with it and where it ends."""

    help = "Finds edited, deleted and moved rows of the audit trail; exit status 1 if any."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--expect",
            metavar="POSITION:HASH",
            help="a head that an earlier run printed: proves that nothing was cut off since then",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["expect"]:
            findings = check_audit_trail(expected=_parse(options["expect"]))
        else:
            findings = check_and_remember()
        for problem in findings.problems[:MOST_SAID]:
            self.stdout.write(problem)
        if len(findings.problems) > MOST_SAID:
            self.stdout.write(f"... and {len(findings.problems) - MOST_SAID} more.")
        self.stdout.write(f"Head {findings.head}")
        if findings.problems:
            raise CommandError("The audit trail is not as it was written.", returncode=1)
        self.stdout.write("Every row is as it was written.")


def _parse(text: str) -> Head:
    match = re.fullmatch(r"(\d+):([0-9a-f]{64})", text)
    if not match:
        raise CommandError("--expect takes a head such as 1234:0f3a..., as this command prints it.")
    return Head(int(match[1]), match[2])
