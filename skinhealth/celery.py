"""The worker program: `celery -A skinhealth worker`."""

import os
from pathlib import Path
from typing import Any

from celery import Celery, Task
from kombu.transport import TRANSPORT_ALIASES

from skinhealth.operations.heartbeat import HeartbeatStep
from skinhealth.operations.logs import tasks as task_log

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "skinhealth.settings")
TRANSPORT_ALIASES["filesystem"] = "skinhealth.operations.queue_folder:Transport"


class ClinicTask(Task[Any, Any]):
    """A task that uses the clinic's time zone and reads its settings once."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task."""
        # Models can be imported only after this module has set up Django.
        from clinic.core.clinic_settings import as_the_clinic_decides

        with as_the_clinic_decides():
            return super().__call__(*args, **kwargs)


app = Celery("skinhealth", task_cls=ClinicTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
assert task_log  # connects its signals
app.steps["worker"].add(HeartbeatStep)


@app.on_after_configure.connect
def make_schedule_folder(**kwargs: object) -> None:
    """Create the folder of beat's schedule, which beat opens before it sends any signal."""
    Path(app.conf.beat_schedule_filename).parent.mkdir(parents=True, exist_ok=True)
