"""What may fail, and what still holds then: with real workers, real brokers, real signals."""

import os
import shutil
import socket
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from kombu import pools

from clinic.models import Consent
from diagnosis.models import LesionImage, Prediction
from diagnosis.predictions.services.predictions import dispatch_prediction
from diagnosis.tasks import run_prediction_task
from skinhealth.celery import app
from tests import photographs
from tests.factories import ConsentFactory
from tests.machine import free_port, missing
from tests.worker import empty_queues, wait_until

pytestmark = [pytest.mark.both_engines, pytest.mark.worker, pytest.mark.django_db(transaction=True)]

# Fast enough for a test; a real installation uses the times in the settings.
IMPATIENT = {"PREDICTION_LOST_AFTER": "2", "PREDICTION_SWEEP_EVERY": "1"}


@pytest.fixture
def upload(sign_in, doctor, consultation, secretary):
    """Upload a photograph as the doctor of the visit and return its prediction."""
    ConsentFactory(
        patient=consultation.patient,
        purpose=Consent.Purpose.AI_ANALYSIS,
        recorded_by=secretary,
    )
    client = sign_in(doctor)

    def _upload(seed=0):
        response = client.post(
            reverse("diagnosis:image_upload", args=[consultation.pk]),
            {"photograph": SimpleUploadedFile("lesion.jpg", photographs.jpeg(seed))},
            headers={"Accept": "application/json"},
        )
        assert response.status_code == 201, response.content
        return Prediction.objects.get(pk=response.json()["prediction"])

    return _upload


def wait_for(prediction, status, *, seconds=40):
    def has_arrived():
        prediction.refresh_from_db()
        return prediction.status == status

    wait_until(has_arrived, seconds=seconds, what=f"the prediction is {status}")


class HeldPhotograph:
    """A photograph whose file is a pipe for a while, so that reading it blocks."""

    def __init__(self, image):
        self.path = settings.STORAGES["default"]["OPTIONS"]["location"] / image.file.name
        self.content = self.path.read_bytes()
        self.path.unlink()
        os.mkfifo(self.path)

    def release(self):
        self.path.unlink()
        self.path.write_bytes(self.content)


@pytest.fixture
def held_prediction(upload):
    """Return a queued prediction whose run stops in the middle, while it reads the photograph."""
    prediction = upload()
    return prediction, HeldPhotograph(prediction.image)


def test_a_photograph_is_answered_by_the_worker(worker, upload):
    first, second = upload(1), upload(2)
    wait_for(first, "done")
    wait_for(second, "done")
    assert first.probabilities != second.probabilities


def test_a_killed_worker_leaves_one_result_and_not_two(start_worker, held_prediction):
    prediction, photograph = held_prediction
    worker = start_worker(beat=True, **IMPATIENT)
    wait_for(prediction, "running")
    worker.kill()
    photograph.release()
    assert prediction.status == "running"
    start_worker(beat=True, **IMPATIENT)
    wait_for(prediction, "done")
    assert Prediction.objects.count() == 1
    assert prediction.tries == 2


def test_a_run_that_takes_too_long_is_ended_and_tried_again(start_worker, held_prediction):
    prediction, photograph = held_prediction
    empty_queues()
    run_prediction_task.apply_async((str(prediction.pk),), soft_time_limit=1, time_limit=6)
    start_worker()
    wait_until(
        lambda: Prediction.objects.filter(pk=prediction.pk, status="queued", tries=1).exists(),
        what="the run is ended",
    )
    photograph.release()
    wait_for(prediction, "done")
    assert prediction.tries == 2


def test_the_same_task_delivered_twice_gives_one_prediction(start_worker, upload):
    prediction = upload()
    for _delivery in range(3):
        dispatch_prediction(prediction.pk)
    worker = start_worker()
    wait_for(prediction, "done")
    finished_at = prediction.finished_at
    wait_until(lambda: worker.log.count("succeeded in") == 4, what="all four were taken")
    prediction.refresh_from_db()
    assert (prediction.tries, prediction.finished_at) == (1, finished_at)
    assert Prediction.objects.count() == 1


def test_a_message_that_got_lost_is_sent_again(start_worker, upload):
    prediction = upload()
    empty_queues()
    start_worker(beat=True, **IMPATIENT)
    wait_for(prediction, "done")


def test_an_upload_without_a_queue_folder_is_answered_when_it_is_back(start_worker, upload):
    if not settings.CELERY_BROKER_URL.startswith("filesystem"):
        pytest.skip("this run's broker is Redis, which the next test stops")
    folder = settings.QUEUE_DIR / "messages"
    shutil.rmtree(folder)
    folder.write_text("in the way")
    prediction = upload()
    assert (prediction.status, prediction.dispatched_at) == ("queued", None)
    folder.unlink()
    folder.mkdir()
    start_worker(beat=True, **IMPATIENT)
    wait_for(prediction, "done")


@pytest.fixture
def own_redis(tmp_path, monkeypatch):
    """Return a Redis for this test only, which it may stop and start, as the site's broker."""
    if not shutil.which("redis-server"):
        missing("redis-server")
    redis = OwnRedis(free_port(), tmp_path)
    before = app.conf.broker_url, app.conf.broker_transport_options
    redis.start()
    # Celery reads this variable before its own settings.
    monkeypatch.setenv("CELERY_BROKER_URL", redis.url)
    use_broker(redis.url, {"socket_connect_timeout": 1, "socket_timeout": 5})
    yield redis
    redis.stop()
    use_broker(*before)


class OwnRedis:
    def __init__(self, port, folder):
        self.url = f"redis://127.0.0.1:{port}/0"
        self.port = port
        self.folder = folder
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        wait_until(self.is_up, what="Redis answers")

    def is_up(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        self.process.kill()
        self.process.wait()


def use_broker(url, transport_options):
    pools.reset()
    app.amqp._producer_pool = None
    app._pool = None
    app.conf.broker_url = url
    app.conf.broker_transport_options = transport_options


def test_a_broker_that_stops_costs_no_upload_and_no_answer(own_redis, start_worker, upload):
    start_worker(beat=True, CELERY_BROKER_URL=own_redis.url, **IMPATIENT)
    wait_for(upload(1), "done")
    own_redis.stop()
    started = time.monotonic()
    prediction = upload(2)
    assert time.monotonic() - started < 10, "the person who uploads waits for the broker"
    assert LesionImage.objects.count() == 2
    assert (prediction.status, prediction.dispatched_at) == ("queued", None)
    own_redis.start()
    wait_for(prediction, "done", seconds=60)


def test_a_worker_with_a_changed_weight_refuses_to_start_and_names_the_file(start_worker, tmp_path):
    bundle = tmp_path / "bundle"
    shutil.copytree(settings.MODEL_BUNDLE, bundle)
    weights = next(bundle.glob("*.safetensors"))
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    with pytest.raises(AssertionError) as refusal:
        start_worker(MODEL_BUNDLE=str(bundle))
    assert "The worker does not start" in str(refusal.value)
    assert weights.name in str(refusal.value)


def test_without_its_database_the_site_answers_503_in_plain_words():
    asks = (
        "import django; django.setup();"
        "from django.test import Client;"
        "client = Client(raise_request_exception=False, HTTP_COOKIE='sessionid=' + 32 * 'x');"
        "answer = client.get('/');"
        "print(answer.status_code, answer['Retry-After']); print(answer.content.decode())"
    )
    environ = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "skinhealth.settings_test",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    }
    answer = subprocess.run(
        [sys.executable, "-c", asks],
        cwd=settings.BASE_DIR, env=environ, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert answer.stdout.startswith("503 10"), answer.stdout + answer.stderr
    assert "<h1" in answer.stdout
    assert "Traceback" not in answer.stdout
