"""`manage.py create_admin`: create the first account of a clinic."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError, CommandParser

from clinic.people.services.first_admin import create_admin
from clinic.people.services.invitations import password_link


class Command(BaseCommand):
    """Creates an admin and prints the link with which that person sets a password."""

    help = "Creates an admin and prints the link to set a password, good for two days."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("full_name")
        parser.add_argument(
            "--site",
            default="http://127.0.0.1:8000",
            help="where the site is reached, such as https://clinic.example",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            admin = create_admin(email=options["email"], full_name=options["full_name"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(password_link(admin, site_url=options["site"]))
