"""gunicorn's settings apart from the command line: `--config python:skinhealth.serve`."""

import os
import shutil
import tempfile
from typing import Any

from skinhealth.operations.logs.configuration import logging_configuration

worker_class = "skinhealth.web_worker.BufferingWorker"
# Longer than the proxy keeps an idle connection: the sender should be the one to close it, or a
# request meets a connection that is just being closed.
keepalive = 75
# No access log: the site itself writes one line per request, without the path.
accesslog = None
logconfig_dict = logging_configuration(
    format_name=os.environ.get("LOG_FORMAT", "json"),
    level=os.environ.get("LOG_LEVEL", "INFO"),
    is_production=os.environ.get("SKINHEALTH_ENV", "production") == "production",
)
# The processes of this server share their numbers here; set before anything is imported.
_METRICS_DIR = "PROMETHEUS_MULTIPROC_DIR"
if _METRICS_DIR not in os.environ:
    os.environ[_METRICS_DIR] = tempfile.mkdtemp(prefix="skinhealth-metrics-")


def child_exit(server: Any, worker: Any) -> None:
    """Remove the numbers that only a live process can report."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    """Leave no files behind."""
    shutil.rmtree(os.environ[_METRICS_DIR], ignore_errors=True)
