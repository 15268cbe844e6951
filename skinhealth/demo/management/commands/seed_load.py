"""`manage.py seed_load`: fill an empty database with a clinic of any size."""

from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from clinic.people.models.user import User
from ml.arguments import parse_count


class Command(BaseCommand):
    """Fills an empty database, so that the speed of the pages can be measured."""

    help = "Fills an empty database with patients and appointments; nobody in it has a password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--patients", type=parse_count, default=50_000)
        parser.add_argument("--appointments", type=parse_count, default=500_000)

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.IS_PRODUCTION:
            raise CommandError("A clinic in service must not be filled with made-up people.")
        if User.objects.exists():
            raise CommandError("This database is not empty; give seed_load its own.")
        from skinhealth.demo.load import fill

        fill(patients=options["patients"], appointments=options["appointments"])
        self.stdout.write(
            f"{options['patients']} patients and {options['appointments']} appointments created."
        )
