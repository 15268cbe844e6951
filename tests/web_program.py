"""The web program as the Procfile starts it, in production mode, without servers behind it."""

import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psutil
from django.conf import settings

from tests.machine import free_port
from tests.worker import wait_until

ROOT = Path(settings.BASE_DIR)
NOBODY = "127.0.0.1:1"  # nobody listens there, and the health probe asks no server
PRODUCTION = {
    "SKINHEALTH_ENV": "production",
    "DJANGO_SETTINGS_MODULE": "skinhealth.settings",
    "SECRET_KEY": "k9Wq-" * 12,
    "DATA_KEYS": f"made-up:{'k9Wq' * 10}k9U=",
    "ALLOWED_HOSTS": "clinic.example",
    "EMAIL_URL": f"smtp://{NOBODY}",
    "TRUSTED_PROXY_COUNT": "1",
    "PYTHONUNBUFFERED": "1",
    "PYTHONWARNINGS": "ignore",
}
# It does not say HTTPS, so the whole response is a redirect, without a page.
LOGIN = (
    b"POST /login/ HTTP/1.1\r\nHost: clinic.example\r\n"
    b"X-Forwarded-For: 192.0.2.1\r\nCookie: __Host-csrftoken=" + b"a" * 32 + b"\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n"
)


class WebProgram:
    """One gunicorn with its processes."""

    def __init__(self, folder, **environ):
        self.port = free_port()
        self.log_path = folder / "web.log"
        command = (ROOT / "Procfile").read_text().partition("web: ")[2].partition("\n")[0]
        servers = {
            "DATABASE_URL": os.environ.get("DATABASE_URL", f"postgres://clinic@{NOBODY}/clinic"),
            "CELERY_BROKER_URL": os.environ.get("CELERY_BROKER_URL", f"redis://{NOBODY}/0"),
        }
        machine = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PORT": str(self.port),
            "DATA_DIR": str(folder),
        }
        with self.log_path.open("w") as log:
            self.process = subprocess.Popen(
                ["sh", "-c", command],
                cwd=ROOT,
                env=PRODUCTION | servers | machine | environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until(
            lambda: self.is_alive(seconds=2) or self.process.poll() is not None,
            seconds=90,
            what="the web program answers",
        )
        assert self.process.poll() is None, self.log_path.read_text()

    def is_alive(self, *, seconds=5):
        """Return whether the program answers on a new connection."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        with suppress(OSError, HTTPException):
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        return False

    def seconds_to_answer(self):
        """Return how long the health probe takes."""
        began = time.monotonic()
        assert self.is_alive(), self.log_path.read_text()
        return time.monotonic() - began

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def processes(self):
        return psutil.Process(self.process.pid).children()

    def megabytes(self):
        """Return the memory of the processes, apart from what they share."""
        return sum(process.memory_full_info().uss for process in self.processes()) / 1024**2

    def stop(self):
        self.process.terminate()
        try:
            return self.process.wait(40)
        finally:
            with suppress(psutil.NoSuchProcess):
                for process in self.processes():
                    process.kill()
