import socket
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from diagnosis.predictions.models.worker import WorkerHeartbeat


class Command(BaseCommand):
    """Succeeds if a worker on this machine has reported within the last minute."""

    help = "Succeeds if a worker on this machine has reported within the last minute."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the queue."""
        parser.add_argument("queue", help="inference, default or training")

    def handle(self, *, queue: str, **options: object) -> None:
        """Look for the heartbeat."""
        here = f"@{socket.gethostname()}"
        if not WorkerHeartbeat.objects.alive().filter(queue=queue, name__endswith=here).exists():
            raise CommandError(f"No worker of the queue {queue} has reported here for a minute.")
