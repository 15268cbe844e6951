"""The worker program: `celery -A skinhealth worker`."""

import os
from pathlib import Path

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "skinhealth.settings")
TRANSPORT_ALIASES["filesystem"] = "skinhealth.queue_folder:Transport"

app = Celery("skinhealth")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_configure.connect
def make_schedule_folder(**kwargs: object) -> None:
    """Gives the timetable's memory a place: beat opens it before any signal of its own."""
    Path(app.conf.beat_schedule_filename).parent.mkdir(parents=True, exist_ok=True)
