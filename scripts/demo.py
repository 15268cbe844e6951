"""Start the demo clinic and run web and workers from one folder until Ctrl-C.

`make demo` calls it. PORT sets the port, DEMO_DIR the folder of database, photographs and queue.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
START_SECONDS = 60
# A worker that is asked to stop finishes its job first; an interrupted job is queued again later.
STOP_SECONDS = 4


STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop(Exception):  # noqa: N818  somebody asked for it, nothing is wrong
    """Ctrl-C, or a signal that means the same."""


class Clinic:
    """The processes of the demo, all of which end with the program."""

    def __init__(self, environ: dict[str, str], *, output: int | None = None) -> None:
        self.environ = environ
        self.output = output  # where the programs print; None for this one's output
        self.processes: dict[str, subprocess.Popen[str]] = {}

    def start(self, name: str, *command: str, stdout: int | None = None) -> subprocess.Popen[str]:
        """Start one of the project's programs, out of reach of the terminal's Ctrl-C."""
        self.processes[name] = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=self.output if stdout is None else stdout,
            text=True,
            start_new_session=True,
        )
        return self.processes[name]

    def run(self, name: str, *command: str) -> str:
        """Run a program to its end and return its output."""
        printed, _ = self.start(name, *command, stdout=subprocess.PIPE).communicate()
        if self.processes.pop(name).returncode:
            raise SystemExit(1)
        return printed

    def ended(self) -> str:
        """Return the name of a process that has ended, or nothing while all of them run."""
        return next((name for name, one in self.processes.items() if one.poll() is not None), "")

    def stop(self) -> None:
        """Ask every process to stop, and kill those still running a little later."""
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        for process in self.processes.values():
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for name in list(self.processes):
            self.end(name, seconds=max(0, deadline - time.monotonic()))

    def end(self, name: str, *, seconds: float = STOP_SECONDS) -> None:
        """End one process, by force if it takes too long."""
        process = self.processes.pop(name)
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        # The whole group, because a worker's children may outlive it.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def main() -> None:
    """Prepare the folder, start everything, print the address and wait."""
    stop_by_signal()
    port = _port()
    folder = (ROOT / os.environ.get("DEMO_DIR", ".demo")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    clinic = Clinic(_environ(folder) | {"SITE_URL": f"http://{HOST}:{port}"})
    try:
        logins = clinic.run("preparation", "manage.py", "load_demo", "--migrate")
        start_web(clinic, port)
        start_worker(clinic, "inference worker", "--queues", "inference")
        start_worker(clinic, "worker", "--queues", "default,training", "--beat")
        wait_until_it_answers(clinic, port)
        print(f"\nSkinHealth is ready: http://{HOST}:{port}\n\n{logins}", flush=True)
        print("Emails appear here. Ctrl-C stops everything.\n", flush=True)
        while not (ended := clinic.ended()):
            time.sleep(0.3)
        raise SystemExit(f"The {ended} has ended, so the demo stops.")
    except Stop:
        print("\nStopping ...", flush=True)
    finally:
        clinic.stop()


def start_web(clinic: Clinic, port: int) -> subprocess.Popen[str]:
    """Start the web server, without waiting for it."""
    return clinic.start(
        "web server",
        *("-m", "gunicorn", "skinhealth.wsgi", "--bind", f"{HOST}:{port}"),
        *("--worker-class", "skinhealth.web_worker.BufferingWorker"),
        *("--threads", "8", "--keep-alive", "75"),
        *("--log-level", "warning", "--no-control-socket"),
    )


def start_worker(clinic: Clinic, name: str, *options: str) -> subprocess.Popen[str]:
    """Start a worker with one process, without waiting for it."""
    return clinic.start(
        name,
        *("-m", "celery", "--quiet", "-A", "skinhealth", "worker", "--concurrency", "1"),
        *("--hostname", f"{name.replace(' ', '-')}@%h", "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle", *options),
    )


def _port() -> int:
    given = os.environ.get("PORT", "8000")
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise SystemExit(f"PORT must be a number from 1 to 65535, not “{given}”.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(given)))
        except PermissionError:
            raise SystemExit(f"Port {given} needs more rights. Try: make demo PORT=8000") from None
        except OSError:
            raise SystemExit(
                f"Another program listens on port {given}. Try: make demo PORT={int(given) + 1}"
            ) from None
    return int(given)


def _environ(folder: Path) -> dict[str, str]:
    """Return the environment of a demo, with the secret that `manage.py` here uses too."""
    settings = _settings_file(folder)
    environ = {
        name: value
        for name, value in os.environ.items()
        # A demo uses only its own folder, whatever servers this terminal's environment names.
        if name not in {"DATABASE_URL", "CELERY_BROKER_URL", "DEBUG", "DJANGO_SETTINGS_MODULE"}
    }
    return environ | {
        "SKINHEALTH_ENV": "demo",
        "DATA_DIR": str(folder),
        "SECRET_KEY": settings.get("SECRET_KEY") or secrets.token_urlsafe(50),
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
        "PYTHONUNBUFFERED": "1",
        # Celery warns against running as root, at length and at every start.
        "PYTHONWARNINGS": "ignore:You're running the worker",
    }


def _settings_file(folder: Path) -> dict[str, str]:
    """Read `.env.demo`, created if missing so that `manage.py` finds the demo.

    Not `.env`, because honcho reads that file and would start a site in service as a demo.
    """
    path = ROOT / ".env.demo"
    if not path.exists():
        # A command that is called meanwhile reads the whole file, or none.
        partial = path.with_name(f".env.demo.{os.getpid()}.partial")
        partial.touch(mode=0o600)
        partial.write_text(
            "# Written by `make demo`: lets `python manage.py ...` work on the demo clinic.\n"
            f"SKINHEALTH_ENV=demo\nDATA_DIR={folder}\nSECRET_KEY={secrets.token_urlsafe(50)}\n"
        )
        partial.replace(path)
    lines = [line.partition("=") for line in path.read_text().splitlines() if "=" in line]
    settings = {name.strip(): value.strip() for name, _, value in lines}
    return settings if settings.get("SKINHEALTH_ENV") == "demo" else {}


def wait_until_it_answers(clinic: Clinic, port: int) -> None:
    """Return once the web server answers; give up if a program ends first."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if ended := clinic.ended():
            raise SystemExit(f"The {ended} does not start.")
        try:
            urllib.request.urlopen(f"http://{HOST}:{port}/", timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"The web server does not answer within {START_SECONDS} seconds.")


def stop_by_signal() -> None:
    """Turn Ctrl-C and equivalent signals into `Stop`."""

    def raise_stop(number: int, frame: FrameType | None) -> None:
        raise Stop

    for number in STOP_SIGNALS:
        signal.signal(number, raise_stop)


if __name__ == "__main__":
    main()
