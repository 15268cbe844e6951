"""Tasks that run the networks, and what a worker's processes load at start."""

import logging
from datetime import date
from multiprocessing.sharedctypes import RawArray
from typing import Any
from uuid import UUID

from celery import shared_task
from celery.signals import celeryd_after_setup, worker_process_init
from django.conf import settings

from diagnosis.predictions import inference
from diagnosis.predictions.services.predictions import (
    request_missing_predictions,
    requeue_lost_predictions,
    run_prediction,
)
from ml.errors import BundleError

logger = logging.getLogger(__name__)


@shared_task(
    name="diagnosis.tasks.run_prediction_task",
    soft_time_limit=settings.PREDICTION_TIME_LIMIT,
    time_limit=settings.PREDICTION_TIME_LIMIT + 5,
)
def run_prediction_task(prediction_id: str) -> None:
    """Run the ensemble on one photograph."""
    run_prediction(prediction_id=UUID(prediction_id))


@shared_task(
    name="diagnosis.tasks.requeue_lost_predictions_task", soft_time_limit=20, time_limit=30
)
def requeue_lost_predictions_task() -> None:
    """Queue predictions again that a dead worker or a lost message left behind."""
    request_missing_predictions()
    requeue_lost_predictions()


_serves_inference = False
# Shared memory: the child process loads the networks and its parent reports them.
_loaded_version = RawArray("c", 64)
_loaded_trained_on = RawArray("c", 16)


@celeryd_after_setup.connect
def refuse_bad_weights(instance: Any, **kwargs: object) -> None:
    """Stop an inference worker at start if a file of the bundle has been altered."""
    global _serves_inference
    _serves_inference = "inference" in instance.app.amqp.queues.consume_from
    if not _serves_inference:
        return
    try:
        inference.verify_installed_model()
    except BundleError as error:
        raise SystemExit(f"The worker does not start: {error}") from error


@worker_process_init.connect
def load_ensemble_early(**kwargs: object) -> None:
    """Load the networks after the fork and before the first photograph."""
    if not _serves_inference or inference.installed_model() is None:
        return
    manifest = inference.get_ensemble().manifest
    trained_on = manifest.training.trained_on
    _loaded_trained_on.value = trained_on.isoformat().encode() if trained_on else b""
    _loaded_version.value = manifest.version.encode()[:63]


def loaded_model_version() -> str:
    """Return the version that this worker has in memory, or "" if there is none."""
    version: bytes = _loaded_version.value
    return version.decode()


def loaded_model_trained_on() -> date | None:
    """Return the day on which the loaded model was trained, or None if it does not say."""
    day: bytes = _loaded_trained_on.value
    return date.fromisoformat(day.decode()) if day else None
