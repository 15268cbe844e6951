"""Check whether everything the site needs is available, within a time limit."""

import shutil
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.db import connections

from diagnosis.predictions.inference import installed_model_version
from diagnosis.predictions.models.worker import WorkerHeartbeat
from skinhealth.celery import app

PATIENCE = 3.0  # seconds, for all checks together
QUEUES = ("inference", "default")


@dataclass(frozen=True)
class Check:
    """The result of one check: whether it passed, a short message, and facts for machines."""

    is_ok: bool
    words: str
    facts: Mapping[str, str | None] = field(default_factory=dict)


Look = Callable[[], Any]
_running: dict[str, threading.Thread] = {}
_running_lock = threading.Lock()


def look_at_everything() -> dict[str, Check]:
    """Check all parts at once and return the results by name."""
    found = _look_within(
        PATIENCE, {"database": _heartbeats, "broker": _ask_broker, "disk": _free_megabytes}
    )
    heartbeats = found["database"]
    return {
        "database": _database_check(heartbeats),
        "broker": _described(found["broker"], lambda words: Check(True, words)),
        **{f"worker_{queue}": _worker_check(queue, heartbeats) for queue in QUEUES},
        "model": _model_check(heartbeats),
        "disk": _described(found["disk"], _disk_check),
    }


def _look_within(seconds: float, looks: dict[str, Look]) -> dict[str, Any]:
    """Run each check in a thread; those that do not finish in time are reported."""
    found: dict[str, Any] = {}
    deadline = time.monotonic() + seconds
    for name, look in looks.items():
        with _running_lock:
            earlier = _running.get(name)
            # One thread that hangs is enough: a probe every few seconds would pile them up.
            if earlier is None or not earlier.is_alive():
                thread = threading.Thread(target=_keep, args=(found, name, look), daemon=True)
                _running[name] = thread
                thread.start()
    for name in looks:
        while name not in found and time.monotonic() < deadline and _running[name].is_alive():
            _running[name].join(max(0.0, min(0.1, deadline - time.monotonic())))
    return {name: found.get(name, TimeoutError()) for name in looks}


def _keep(found: dict[str, Any], name: str, look: Look) -> None:
    try:
        found[name] = look()
    except Exception as error:  # noqa: BLE001  the probe has to answer in any case
        found[name] = error
    finally:
        connections.close_all()


def _heartbeats() -> list[WorkerHeartbeat]:
    return list(WorkerHeartbeat.objects.alive())


def _ask_broker() -> str:
    if settings.CELERY_BROKER_URL.startswith(("redis:", "rediss:")):
        client = redis.Redis.from_url(
            settings.CELERY_BROKER_URL, socket_connect_timeout=2, socket_timeout=2
        )
        with client:
            client.ping()
        return "answers"
    with app.connection_for_write() as connection:
        connection.maybe_close_channel(connection.channel())  # opened, so the folders are there
    return "answers"


def _free_megabytes() -> int:
    return shutil.disk_usage(Path(settings.DATA_DIR)).free // 1024**2


def _described(result: Any, describe: Callable[[Any], Check]) -> Check:
    if isinstance(result, TimeoutError):
        return Check(False, "does not answer")
    # Only the class, because an error message may contain addresses and passwords.
    return (
        Check(False, type(result).__name__) if isinstance(result, Exception) else describe(result)
    )


def _database_check(heartbeats: Any) -> Check:
    return _described(heartbeats, lambda _rows: Check(True, "answers"))


def _worker_check(queue: str, heartbeats: Any) -> Check:
    if isinstance(heartbeats, Exception):
        return Check(False, "not known")
    alive = sum(heartbeat.queue == queue for heartbeat in heartbeats)
    return Check(alive > 0, f"{alive} running" if alive else "silent")


def _model_check(heartbeats: Any) -> Check:
    installed = installed_model_version()
    if not installed:
        return Check(False, "none is installed")
    if isinstance(heartbeats, Exception):
        return Check(False, "not known")
    loaded = _loaded_models(heartbeats)
    # From the running workers, not from the disk.
    facts = {"last_trained_on": _newest(day for day in loaded.values() if day)}
    if installed in loaded:
        return Check(True, installed, facts)
    others = ", ".join(sorted(loaded)) or "none"
    return Check(False, f"{installed} is installed, {others} loaded", facts)


def _loaded_models(heartbeats: Iterable[WorkerHeartbeat]) -> dict[str, date | None]:
    """Return the versions that workers have in memory, and when each was trained."""
    return {
        heartbeat.model_version: heartbeat.model_trained_on
        for heartbeat in heartbeats
        if heartbeat.queue == "inference" and heartbeat.model_version
    }


def _newest(days: Iterable[date]) -> str | None:
    newest = max(days, default=None)
    return newest.isoformat() if newest else None


def _disk_check(free: int) -> Check:
    return Check(free >= settings.DISK_FREE_MIN_MB, f"{free} MB free")
