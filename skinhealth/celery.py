"""The worker program: `celery -A skinhealth worker`."""

import os
from pathlib import Path

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "skinhealth.settings")

app = Celery("skinhealth")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

for folder in ("data_folder_in", "control_folder"):
    path = (app.conf.broker_transport_options or {}).get(folder)
    if path:
        Path(path).mkdir(parents=True, exist_ok=True)
