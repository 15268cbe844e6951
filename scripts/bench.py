"""Print the speed of this machine as one JSON object; progress goes to stderr.

The budgets are in docs/speed.md. Nothing else should run on the machine at the same time.
"""

import io
import json
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import psutil
import psycopg
import redis
from demo import (
    HOST,
    ROOT,
    Clinic,
    Stop,
    start_web,
    start_worker,
    stop_by_signal,
    wait_until_it_answers,
)
from PIL import Image
from site_client import DoctorClient, SiteError, Upload

sys.path.insert(0, str(ROOT))

from ml.bundle.ensemble import load_ensemble
from ml.bundle.preprocessing import Recipe, prepare_photograph
from skinhealth.demo.drawing import LOOKS, draw_lesion

BUNDLE = Path(os.environ.get("MODEL_BUNDLE", ROOT / "ml" / "weights"))
POSTGRESQL = os.environ.get("DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("CELERY_BROKER_URL", "redis://127.0.0.1:6379/0")
SERVER_DATABASE = f"skinhealth_bench_{os.getpid()}"
PREDICTIONS = 60
UPLOADS = 40
QUEUED = 100


def main() -> None:
    """Measure the networks alone, then the site without servers, then the site with them."""
    stop_by_signal()
    try:
        measured = measure_networks()
        with tempfile.TemporaryDirectory(prefix="skinhealth-bench-") as folder:
            measured |= measure_site({"DATA_DIR": folder}, with_queue=True)
        measured["upload_to_done_service_ms"] = None
        with servers() as environ, tempfile.TemporaryDirectory() as folder:
            if environ:
                served = measure_site(environ | {"DATA_DIR": folder}, with_queue=False)
                measured["upload_to_done_service_ms"] = served["upload_to_done_ms"]["median"]
    except Stop:
        raise SystemExit("Stopped.") from None
    print(json.dumps(measured, indent=2))


def measure_networks() -> dict[str, Any]:
    """Time one photograph from bytes to answer, on both engines, and preprocessing alone."""
    small = draw_lesion("mel", seed=1, size=(600, 450))
    large = _jpeg(Image.open(io.BytesIO(small)).resize((4000, 3000), Image.Resampling.BICUBIC))
    say("networks on ONNX Runtime")
    ensemble = load_ensemble(BUNDLE, engine="onnx")
    onnx = _times_ms(lambda: ensemble.predict(small), PREDICTIONS)
    recipe = Recipe(size=ensemble.manifest.size, median_kernel=ensemble.manifest.median_kernel)
    say("preprocessing")
    prepare_small = _times_ms(lambda: prepare_photograph(small, recipe), 100)
    prepare_large = _times_ms(lambda: prepare_photograph(large, recipe), 20)
    say("networks on PyTorch")
    torch = load_ensemble(BUNDLE, engine="torch")
    plain = _times_ms(lambda: torch.predict(small), PREDICTIONS // 2)
    return {
        "ensemble_ms": _spread(onnx),
        "torch_over_ensemble": round(statistics.median(plain) / statistics.median(onnx), 2),
        "preprocess_ms": {
            "small": round(statistics.median(prepare_small), 1),
            "large": round(statistics.median(prepare_large), 1),
        },
    }


def measure_site(environ: dict[str, str], *, with_queue: bool) -> dict[str, Any]:
    """Upload photographs to a separate demo clinic and wait for the answers."""
    clinic = Clinic(environ_for(environ), output=sys.stderr.fileno())
    port = free_port()
    try:
        say("demo clinic, " + ("with servers" if "DATABASE_URL" in environ else "without servers"))
        logins = clinic.run("preparation", "manage.py", "load_demo", "--migrate")
        web = start_web(clinic, port)
        worker = start_worker(clinic, "inference worker", "--queues", "inference")
        wait_until_it_answers(clinic, port)
        password = logins.split()[-1]
        doctor = DoctorClient(
            f"http://{HOST}:{port}", email="doctor@demo.example", password=password
        )
        photographs = _photographs()
        visits = _visits(doctor, photographs)
        say(f"{UPLOADS} photographs, one after the other")
        waits = [_upload_and_wait(doctor, next(visits), next(photographs)) for _ in range(UPLOADS)]
        measured: dict[str, Any] = {"upload_to_done_ms": _spread(waits)}
        if with_queue:
            measured["worker_rss_mb"] = _memory_mb(worker.pid)
            measured["web_rss_mb"] = _memory_mb(web.pid)
            clinic.end("inference worker")
            measured |= _measure_queue(clinic, doctor, visits, photographs)
        return measured
    finally:
        clinic.stop()


def _measure_queue(
    clinic: Clinic, doctor: DoctorClient, visits: Iterator[str], photographs: Iterator[bytes]
) -> dict[str, Any]:
    """Queue photographs while no worker runs, then start one."""
    say(f"{QUEUED} photographs queued before the worker starts")
    uploads = [doctor.upload(next(visits), "lesion.jpg", next(photographs)) for _ in range(QUEUED)]
    started_at = time.monotonic()
    start_worker(clinic, "inference worker", "--queues", "inference")
    first_at = _done_at(doctor, uploads[0])
    # Polling more often would take a core from the worker for the web server.
    last_at = _done_at(doctor, uploads[-1], asked_every=0.5)
    return {
        "photographs_per_second": round((QUEUED - 1) / (last_at - first_at), 1),
        "worker_start_s": round(first_at - started_at, 2),
    }


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """Provide the addresses of a separate database and queue, or none without servers."""
    try:
        client = redis.Redis.from_url(REDIS, socket_connect_timeout=2)
        client.ping()
        database = psycopg.connect(POSTGRESQL, autocommit=True, connect_timeout=3)
    except (redis.RedisError, psycopg.Error) as error:
        say(f"left out: PostgreSQL and Redis do not both answer ({type(error).__name__})")
        yield {}
        return
    empty = next(
        number
        for number in range(15, -1, -1)
        if not redis.Redis.from_url(REDIS, db=number).dbsize()
    )
    address, _, _name = POSTGRESQL.rpartition("/")
    with database:
        database.execute(f"CREATE DATABASE {SERVER_DATABASE}")
        try:
            yield {
                "DATABASE_URL": f"{address}/{SERVER_DATABASE}",
                "CELERY_BROKER_URL": f"{REDIS.rpartition('/')[0]}/{empty}",
            }
        finally:
            database.execute(f"DROP DATABASE {SERVER_DATABASE} WITH (FORCE)")
            redis.Redis.from_url(REDIS, db=empty).flushdb()


def say(what: str) -> None:
    """Tell the person at the terminal what is being measured."""
    print(f"bench: {what}", file=sys.stderr, flush=True)


def environ_for(own: dict[str, str]) -> dict[str, str]:
    """Return the environment of a demo that ignores this one's settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"SKINHEALTH_ENV": "demo", "LOG_LEVEL": "ERROR", "PYTHONWARNINGS": "ignore"} | own


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _photographs() -> Iterator[bytes]:
    """Yield an endless series of photographs of usual size, all different."""
    drawn = [Image.open(io.BytesIO(draw_lesion(label, seed=1, size=(600, 450)))) for label in LOOKS]
    for number, image in enumerate(cycle(drawn)):
        yield _jpeg(image.crop((0, 0, image.width - number // len(drawn), image.height)))


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _visits(doctor: DoctorClient, photographs: Iterator[bytes]) -> Iterator[str]:
    """Alternate between the visits whose patients have agreed; the first answers come here."""
    willing = []
    for visit in doctor.visits():
        try:
            doctor.wait(doctor.upload(visit, "lesion.jpg", next(photographs)))
        except SiteError:
            continue
        willing.append(visit)
    return cycle(willing)


def _upload_and_wait(doctor: DoctorClient, visit: str, photograph: bytes) -> float:
    answer = doctor.wait(doctor.upload(visit, "lesion.jpg", photograph))
    if answer.status != "done":
        raise SystemExit(f"A prediction is {answer.status}: {answer.failure}")
    return 1000 * answer.seconds


def _done_at(doctor: DoctorClient, upload: Upload, *, asked_every: float = 0.02) -> float:
    while doctor.state(upload)["status"] != "done":
        time.sleep(asked_every)
    return time.monotonic()


def _times_ms(run: Callable[[], object], count: int) -> list[float]:
    for _ in range(3):
        run()
    times = []
    for _ in range(count):
        start = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - start))
    return times


def _spread(times: list[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(times), 1),
        "p95": round(statistics.quantiles(times, n=20)[-1], 1),
    }


def _memory_mb(pid: int) -> float:
    """Add up the resident memory of a program and its children."""
    program = psutil.Process(pid)
    tree = [program, *program.children(recursive=True)]
    rss: int = sum(process.memory_info().rss for process in tree)
    return round(rss / 2**20, 1)


if __name__ == "__main__":
    main()
