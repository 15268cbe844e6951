"""The programs of the Procfile as in service: real servers, real processes, a clean end."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import uuid
from http.client import HTTPConnection
from pathlib import Path

import psutil
import psycopg
import pytest
from django.conf import settings

from diagnosis.predictions.inference import installed_model_version
from tests.machine import free_port, missing
from tests.web_program import LOGIN
from tests.worker import wait_until

ROOT = Path(settings.BASE_DIR)
TOKEN = "a-token-of-twenty-letters"
FAREWELLS = {"", "worker: Warm shutdown (MainProcess)"}

pytestmark = pytest.mark.worker


@pytest.fixture
def database(django_db_setup, migrated):
    """Return a migrated database without rows of people, for this test only."""
    if "DATABASE_URL" not in os.environ:
        missing("A PostgreSQL in DATABASE_URL, as production wants it,")
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    name = f"start_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{migrated.name}"')
        yield f"{server}/{name}"
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def broker(tmp_path):
    """Return a Redis for this test only, because production queues have no prefix."""
    assert shutil.which("redis-server"), "redis-server is not installed"
    port = free_port()
    process = subprocess.Popen(
        ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", ""],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
    )
    yield f"redis://127.0.0.1:{port}/0"
    process.kill()
    process.wait()


@pytest.fixture
def environ(database, broker, tmp_path):
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    (tmp_path / "data").mkdir()
    return {
        **inherited,
        "PATH": f"{Path(sys.executable).parent}:{inherited['PATH']}",
        "DJANGO_SETTINGS_MODULE": "skinhealth.settings",
        "SKINHEALTH_ENV": "production",
        "SECRET_KEY": "k9Wq-" * 12,
        "DATA_KEYS": f"made-up:{'k9Wq' * 10}k9U=",
        "DATABASE_URL": database,
        "CELERY_BROKER_URL": broker,
        "ALLOWED_HOSTS": "clinic.example",
        "EMAIL_URL": "smtp://127.0.0.1:1",
        "DATA_DIR": str(tmp_path / "data"),
        "STATIC_ROOT": str(tmp_path / "static"),
        "TRUSTED_PROXY_COUNT": "1",
        "METRICS_TOKEN": TOKEN,
        "DISK_FREE_MIN_MB": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",
        "WEB_WORKERS": "2",
    }


def manage(environ, *words):
    subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=environ, check=True)


class Site:
    """The four programs, started by honcho."""

    def __init__(self, environ, folder):
        self.port = free_port()
        self.log_path = folder / "site.log"
        with self.log_path.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "honcho", "start", "--port", str(self.port)],
                cwd=ROOT,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def log(self):
        return self.log_path.read_text()

    def get(self, path, **headers):
        """Request a path as a proxy does: plain, with a header for the browser's protocol."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except OSError:
            return None, ""
        finally:
            connection.close()

    def page(self, path):
        return self.get(path, **{"Host": "clinic.example", "X-Forwarded-Proto": "https"})

    def processes(self):
        return [
            process
            for process in psutil.process_iter(["pid"])
            if process.pid != os.getpid() and _session_of(process.pid) == self.process.pid
        ]

    def kill(self):
        for process in self.processes():
            process.kill()
        self.process.wait()


def _session_of(pid):
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None


@pytest.fixture
def site(environ, tmp_path):
    manage(environ, "migrate", "--verbosity", "0")
    manage(environ, "collectstatic", "--noinput", "--verbosity", "0")
    started = Site(environ, tmp_path)
    yield started
    started.kill()


def closed_to_others(folder):
    """Return what only its owner can read: collected files usually belong to another user."""
    return [path.name for path in folder.rglob("*") if not path.stat().st_mode & stat.S_IROTH]


def test_the_programs_become_ready_serve_and_end_when_they_are_asked_to(site, environ):
    assert closed_to_others(Path(environ["STATIC_ROOT"])) == []
    wait_until(
        lambda: site.page("/readyz")[0] == 200 or site.process.poll() is not None,
        seconds=600,
        what=f"the site is ready:\n{site.log}",
    )
    status, body = site.get("/readyz")
    assert status == 200, site.log
    checks = json.loads(body)["checks"]
    assert all(check["ok"] for check in checks.values())
    assert checks["model"]["says"] == installed_model_version()
    assert site.get("/healthz")[0] == 200

    # Plain HTTP is redirected to HTTPS; through the proxy there is a page.
    assert site.get("/login/", Host="clinic.example")[0] == 301
    for _time in range(12):
        assert site.page("/login/?patient=Zyxwort")[0] == 200

    # Two web processes share their counts, whichever answers.
    assert site.get("/metrics")[0] == 403
    told = site.get("/metrics", Authorization=f"Bearer {TOKEN}")[1]
    assert 'route="account_login",status="200"} 12.0' in told
    assert "skinhealth_broker_up 1.0" in told

    slow = [socket.create_connection(("127.0.0.1", site.port)) for _number in range(100)]
    for connection in slow:
        connection.sendall(LOGIN + b"Content-Length: 5000\r\n\r\na")
    assert site.get("/readyz")[0] == 200
    for connection in slow:
        connection.close()

    for queue in ("inference", "default"):
        manage(environ, "worker_alive", queue)

    site.process.send_signal(signal.SIGTERM)
    site.process.wait(timeout=30)
    wait_until(lambda: not site.processes(), what="every process has ended")
    for program in ("web.1", "inference.1", "worker.1", "beat.1"):
        assert f"{program} stopped (rc=0)" in site.log, site.log

    parted = [line.partition("| ") for line in site.log.splitlines()]
    # Honcho's own messages, and Celery's farewell at a signal, during which it cannot log.
    told = [
        json.loads(words)
        for program, _bar, words in parted
        if "system" not in program and words not in FAREWELLS
    ]
    assert {"skinhealth.operations.logs.requests", "gunicorn.error"} <= {
        line["logger"] for line in told
    }
    logins = [line for line in told if line.get("route") == "account_login"]
    assert len(logins) == 12
    assert "Zyxwort" not in site.log
