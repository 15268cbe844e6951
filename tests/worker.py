"""A real worker process that shares the test's database, photographs and queue."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
import redis
from django.conf import settings
from django.db import connection

from skinhealth.celery import app

QUEUES = ("inference", "default", "training")
START_TIMEOUT = 60  # seconds


class Worker:
    """One run of `celery -A skinhealth worker`, and of those that follow it."""

    def __init__(self, *, queues=QUEUES, beat=False, **environ):
        self.queues = queues
        self.beat = beat
        self.environ = environ
        self.log_path = Path(settings.DATA_DIR) / f"worker-{time.monotonic_ns()}.log"
        self.process = None

    @property
    def log(self):
        return self.log_path.read_text()

    def start(self):
        """Start the process and wait until it takes jobs."""
        command = [sys.executable, "-m", "celery", "-A", "skinhealth", "worker"]
        command += ["--queues", ",".join(self.queues), "--concurrency", "1", "--loglevel", "INFO"]
        command += [
            "--hostname",
            f"{self.log_path.stem}@%h",
            "--without-gossip",
            "--without-mingle",
        ]
        command += ["--beat"] if self.beat else []
        with self.log_path.open("a") as log:
            log_start = log.tell()
            self.process = subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                env={**os.environ, "DATABASE_URL": database_url(), **self.environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until(
            lambda: " ready." in self.log[log_start:] or self.process.poll() is not None,
            seconds=START_TIMEOUT,
            what="the worker is ready",
        )
        assert self.process.poll() is None, self.log

    def kill(self):
        """Kill the process and its children without warning, like a power cut."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def database_url():
    """Return the address of the test's database for another process."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    login = quote(database["USER"] or "")
    if database["PASSWORD"]:
        login += f":{quote(database['PASSWORD'])}"
    return f"postgres://{login}@{database['HOST']}:{database['PORT'] or 5432}/{database['NAME']}"


def empty_queues():
    """Delete the jobs that earlier tests have left."""
    with app.connection_for_write() as broker:
        for queue in QUEUES:
            app.amqp.queues[queue](broker.default_channel).declare()
            broker.default_channel.queue_purge(queue)


def wait_until(is_true, *, seconds=60, what="it is so"):
    """Check ten times a second until it is true, and return that answer."""
    deadline = time.monotonic() + seconds
    while not (answer := is_true()):
        assert time.monotonic() < deadline, f"Waited {seconds} s in vain until {what}."
        time.sleep(0.1)
    return answer


@pytest.fixture(scope="session", autouse=True)
def end_tidily():
    """Treat a request to terminate like Ctrl-C, so that no worker outlives an interrupted run."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def forget_queues():
    """Leave nothing of a run in a Redis that others use too."""
    yield
    if settings.CELERY_BROKER_URL.startswith("redis"):
        client = redis.Redis.from_url(settings.CELERY_BROKER_URL)
        prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
        for key in client.scan_iter(f"{prefix}*", count=1000):
            client.delete(key)


@pytest.fixture
def start_worker(transactional_db):
    """Return a function that starts a worker, which is killed when the test ends."""
    workers = []
    empty_queues()

    def _start_worker(**options):
        worker = Worker(**options)
        workers.append(worker)
        worker.start()
        return worker

    yield _start_worker
    # A worker that is asked to stop takes seconds to shut down.
    for worker in workers:
        worker.kill()
        print(worker.log)  # noqa: T201 - shown where the test has failed


@pytest.fixture
def worker(start_worker):
    """Return a worker that takes jobs from every queue."""
    return start_worker()
