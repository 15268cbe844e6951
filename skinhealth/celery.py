"""The worker program: `celery -A skinhealth worker`."""

import os

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "skinhealth.settings")
TRANSPORT_ALIASES["filesystem"] = "skinhealth.queue_folder:Transport"

app = Celery("skinhealth")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
