"""The worker program: `celery -A skinhealth worker`."""

import os
from pathlib import Path

from celery import Celery
from celery.signals import beat_embedded_init, beat_init
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "skinhealth.settings")
TRANSPORT_ALIASES["filesystem"] = "skinhealth.queue_folder:Transport"

app = Celery("skinhealth")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@beat_init.connect
@beat_embedded_init.connect
def make_schedule_folder(**kwargs: object) -> None:
    """Gives the timetable's memory a place before it is first written."""
    Path(app.conf.beat_schedule_filename).parent.mkdir(parents=True, exist_ok=True)
