"""`manage.py load_demo`: fill the database of a demo with a small believable clinic."""

from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser, call_command
from django.test.utils import override_settings

from clinic.core.clinic_settings import as_the_clinic_decides
from clinic.people.models.user import User
from skinhealth.demo.sign_in import DEMO_PASSWORD, DEMO_PEOPLE


class Command(BaseCommand):
    """Sets up the demo clinic if there is none, and fills today if it is empty."""

    help = "Fills a demo with a small believable clinic; says who can sign in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--migrate", action="store_true", help="bring the database up to date first"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not (settings.IS_DEMO and settings.DEBUG):
            raise CommandError(
                "The demo's people share a password that everybody knows, so they are loaded only "
                "where the site runs as a demo: SKINHEALTH_ENV=demo, with DEBUG on."
            )
        if options["migrate"]:
            call_command("migrate", verbosity=0)
        # Only this command needs drawing and the networks.
        from skinhealth.demo.clinic import find_cast, open_clinic
        from skinhealth.demo.today import fill_today

        # Messages about the demo's past were sent long ago.
        with as_the_clinic_decides(), override_settings(SMS_BACKEND=""):
            if not User.objects.exists():
                self.stderr.write("Opening the demo clinic, which takes some seconds ...")
                open_clinic()
            cast = find_cast()
            if cast:
                fill_today(cast)
        for person in DEMO_PEOPLE:
            self.stdout.write(f"  {person.role_name:<11}{person.email}")
        self.stdout.write(f"  {'Password':<11}{DEMO_PASSWORD}\n")
