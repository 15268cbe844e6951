from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from diagnosis.reviews.services.training_data import export_training_data


class Command(BaseCommand):
    """Writes reviewed photographs for training."""

    help = (
        "Writes the newest review of each photograph, with the patient's consent to training and "
        "without names, in the layout of HAM10000, ready for `python -m ml.train --data DIR`."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="a new or empty folder")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            summary = export_training_data(folder=folder)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except OSError as error:
            raise CommandError(f"{folder}: {error.strerror}") from error
        self.stdout.write(
            f"{folder}: {summary.photographs} photographs, "
            f"{summary.outside_classes} of them with a label outside the seven classes"
        )
