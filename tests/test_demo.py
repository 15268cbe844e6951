"""`make demo` starts, answers, and leaves no process behind."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from skinhealth.demo.sign_in import DEMO_PASSWORD, DEMO_PEOPLE
from tests.worker import wait_until

pytestmark = pytest.mark.worker

DEMO = Path(settings.BASE_DIR, "scripts", "demo.py")
ENV_FILE = Path(settings.BASE_DIR, ".env.demo")


@pytest.fixture
def alone():
    """Let two runs of the suite take turns, because the demo writes a file next to the code."""
    with DEMO.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def start_demo(alone, tmp_path, port):
    """Start the demo in a separate folder; return the process and its output."""
    had_env_file = ENV_FILE.exists()
    started = []

    def _start_demo():
        output = tmp_path / f"output-{len(started)}"
        with output.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, DEMO],
                env=os.environ | {"DEMO_DIR": str(tmp_path / "demo"), "PORT": str(port)},
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started.append(process)
        return process, output

    yield _start_demo
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(30)
    if not had_env_file:
        ENV_FILE.unlink(missing_ok=True)


def wait_until_ready(process, output):
    wait_until(
        lambda: "Ctrl-C stops everything" in output.read_text() or process.poll() is not None,
        seconds=600,
        what="the demo is ready",
    )
    assert process.poll() is None, output.read_text()


def programs_of(process):
    """Return the web server, two workers and the processes that these have started."""
    demo = psutil.Process(process.pid)
    wait_until(lambda: len(demo.children(recursive=True)) >= 6, what="six programs run")
    return demo.children(recursive=True)


def is_alive(program):
    try:
        return program.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def environment_in_service():
    """Return the environment of a site started in service from this folder by the Procfile."""
    done = subprocess.run(
        [sys.executable, "-m", "honcho", "run", "printenv", "SKINHEALTH_ENV"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"SKINHEALTH_ENV": "production"},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def test_the_demo_starts_answers_and_leaves_nothing_running(start_demo, port):
    process, output = start_demo()
    wait_until_ready(process, output)

    printed = output.read_text()
    assert f"http://127.0.0.1:{port}" in printed
    assert all(person.email in printed for person in DEMO_PEOPLE)
    assert DEMO_PASSWORD in printed
    page = urllib.request.urlopen(f"http://127.0.0.1:{port}/login/").read().decode()
    assert DEMO_PEOPLE[0].full_name in page
    programs = programs_of(process)
    assert "SKINHEALTH_ENV=demo" in ENV_FILE.read_text()
    assert environment_in_service() == "production"

    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert not [program for program in programs if is_alive(program)]
    assert "Traceback" not in output.read_text()

    again, output = start_demo()
    wait_until_ready(again, output)
    assert "Opening the demo clinic" not in output.read_text()
    second, refusal = start_demo()
    assert second.wait(30) == 1
    assert f"Another program listens on port {port}" in refusal.read_text()
    again.send_signal(signal.SIGTERM)
    assert again.wait(30) == 0
    assert "Traceback" not in output.read_text()
