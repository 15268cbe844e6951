"""The probes: whether the process is alive, and whether everything the site needs is available."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent
from diagnosis.models import WorkerHeartbeat
from diagnosis.predictions.inference import installed_model, installed_model_version
from diagnosis.predictions.services.heartbeats import beat, forget_old_workers
from tests.worker import wait_until

pytestmark = pytest.mark.both_engines

TRAINED_ON = date(2026, 11, 25)
ASK = """
import json, time
import django
django.setup()
from django.test import Client
for path in ("/healthz", "/readyz", "/readyz"):
    began = time.monotonic()
    response = Client().get(path)
    print(json.dumps([response.status_code, time.monotonic() - began, response.content.decode()]))
"""


@pytest.fixture
def silent_port():
    """Return a port that accepts connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield listener.getsockname()[1]


@pytest.fixture
def closed_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def all_workers_beat(**changes):
    said = {"model_version": installed_model_version(), "model_trained_on": TRAINED_ON} | changes
    beat(name="inference@here", queues=["inference"], **said)
    beat(name="worker@here", queues=["default", "training"], model_version="")


def readiness():
    response = Client().get("/readyz")
    return response.status_code, response.json()["checks"]


@pytest.mark.django_db(transaction=True)
def test_the_site_is_ready_when_every_part_is_there():
    all_workers_beat()
    status, checks = readiness()
    assert status == 200, checks
    assert set(checks) == {
        "database",
        "broker",
        "worker_inference",
        "worker_default",
        "model",
        "disk",
    }
    assert checks["model"] == {
        "ok": True,
        "says": installed_model_version(),
        "last_trained_on": "2026-11-25",
    }


@pytest.mark.django_db(transaction=True)
def test_a_silent_worker_makes_the_site_not_ready():
    all_workers_beat()
    WorkerHeartbeat.objects.filter(queue="default").update(
        at=timezone.now() - timedelta(seconds=61)
    )
    status, checks = readiness()
    assert status == 503
    assert checks["worker_default"] == {"ok": False, "says": "silent"}
    assert checks["worker_inference"]["ok"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("loaded", ["", "of-last-year"])
def test_another_model_than_the_installed_one_makes_the_site_not_ready(loaded):
    all_workers_beat(model_version=loaded)
    status, checks = readiness()
    assert status == 503
    assert not checks["model"]["ok"]
    assert (loaded or "none") in checks["model"]["says"]


@pytest.mark.django_db(transaction=True)
def test_the_day_of_training_is_that_of_the_model_in_memory_and_decides_nothing():
    all_workers_beat(model_version="of-last-year", model_trained_on=date(2025, 3, 1))
    _status, checks = readiness()
    assert checks["model"]["last_trained_on"] == "2025-03-01"
    all_workers_beat(model_trained_on=None)
    status, checks = readiness()
    assert status == 200
    assert checks["model"]["last_trained_on"] is None


@pytest.mark.django_db(transaction=True)
def test_a_disk_that_fills_up_makes_the_site_not_ready():
    all_workers_beat()
    with override_settings(DISK_FREE_MIN_MB=10**9):
        status, checks = readiness()
    assert status == 503
    assert not checks["disk"]["ok"]
    assert re.fullmatch(r"\d+ MB free", checks["disk"]["says"])


def ask_in_production(**environ):
    asked = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=settings.BASE_DIR,
        env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        | {
            "DJANGO_SETTINGS_MODULE": "skinhealth.settings",
            "SKINHEALTH_ENV": "production",
            "SECRET_KEY": "k9Wq-" * 12,
            "ALLOWED_HOSTS": "clinic.example",
            "DATA_KEYS": f"made-up:{'k9Wq' * 10}k9U=",
            "EMAIL_URL": "smtp://mail.invalid:25",
            "TRUSTED_PROXY_COUNT": "1",
            "DATA_DIR": settings.DATA_DIR.as_posix(),
        }
        | environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    return [json.loads(line) for line in asked.stdout.splitlines()], asked


@pytest.mark.parametrize("server", ["silent_port", "closed_port"])
def test_dead_servers_cost_a_probe_a_few_seconds_and_no_secret(server, request):
    port = request.getfixturevalue(server)
    answers, asked = ask_in_production(
        DATABASE_URL=f"postgres://clinic:tellnobody@127.0.0.1:{port}/clinic",
        CELERY_BROKER_URL=f"redis://:tellnobody@127.0.0.1:{port}/0",
    )
    (alive, _seconds, _body), *ready = answers
    assert alive == 200
    for status, seconds, body in ready:
        assert status == 503
        assert seconds < 5
        assert '"database": {"ok": false' in body
        assert '"broker": {"ok": false' in body
    assert "tellnobody" not in asked.stdout + asked.stderr
    assert "127.0.0.1" not in asked.stdout


def test_a_process_is_alive_without_a_database():
    # No database fixture: a query would fail this test.
    response = Client(headers={"host": "10.0.0.7"}).get("/healthz")
    assert response.status_code == 200
    assert response.json() == {"status": "alive"}


@pytest.mark.django_db(transaction=True)
@override_settings(SECURE_SSL_REDIRECT=True, ALLOWED_HOSTS=["clinic.example"])
def test_probes_are_not_sent_on_to_https_and_leave_no_trace(admin, sign_in):
    events = AuditEvent.objects.count()
    client = sign_in(admin)
    for name in ("healthz", "readyz"):
        response = client.get(reverse(name), headers={"host": "127.0.0.1"})
        assert response.status_code in {200, 503}
        assert not response.cookies
        assert client.post(reverse(name)).status_code == 405
    assert AuditEvent.objects.count() == events


@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
def test_a_worker_says_that_it_lives_and_which_model_it_has(start_worker):
    began = timezone.now()
    worker = start_worker()
    wait_until(
        lambda: WorkerHeartbeat.objects.filter(
            queue="inference", model_version=installed_model_version(), at__gte=began
        ).exists(),
        seconds=40,
        what="the worker has told of its model",
    )
    assert set(WorkerHeartbeat.objects.values_list("queue", flat=True)) == set(worker.queues)
    heard = WorkerHeartbeat.objects.get(queue="default").at
    wait_until(
        lambda: WorkerHeartbeat.objects.get(queue="default").at > heard,
        what="the worker beats again",
    )
    status, checks = readiness()
    assert status == 200
    trained_on = installed_model().training.trained_on
    assert checks["model"]["last_trained_on"] == trained_on.isoformat()
    worker.kill()
    last = WorkerHeartbeat.objects.get(queue="default").at
    time.sleep(0.2)
    assert WorkerHeartbeat.objects.get(queue="default").at == last


@pytest.mark.django_db
def test_a_worker_that_never_came_back_is_forgotten_after_a_day():
    all_workers_beat()
    WorkerHeartbeat.objects.filter(queue="inference").update(
        at=timezone.now() - timedelta(hours=25)
    )
    assert forget_old_workers() == 1
    assert set(WorkerHeartbeat.objects.values_list("queue", flat=True)) == {"default", "training"}
