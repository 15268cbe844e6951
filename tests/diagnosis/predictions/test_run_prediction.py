import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core.exceptions import ValidationError
from django.utils import timezone
from kombu.exceptions import OperationalError

from clinic.core import broker
from clinic.models import AuditEvent, Consent
from clinic.people.services.consents import withdraw_consent
from diagnosis.models import LesionImage, Prediction
from diagnosis.predictions import inference
from diagnosis.predictions.services.predictions import (
    dispatch_prediction,
    queue_position,
    request_missing_predictions,
    request_prediction,
    requeue_lost_predictions,
    retry_prediction,
    run_prediction,
)
from diagnosis.tasks import run_prediction_task
from ml.bundle.labels import LABELS

pytestmark = pytest.mark.both_engines


def run(prediction):
    run_prediction(prediction_id=prediction.pk)
    prediction.refresh_from_db()
    return prediction


def ensemble_that(monkeypatch, error):
    class Broken:
        version = inference.installed_model_version()

        def predict(self, data):
            raise error

    monkeypatch.setattr(inference, "get_ensemble", Broken)


def test_the_answer_is_complete(prediction):
    assert prediction.status == Prediction.Status.DONE
    assert set(prediction.probabilities) == set(LABELS)
    assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-3)
    assert prediction.label == max(prediction.probabilities, key=prediction.probabilities.get)
    malignant = sum(prediction.probabilities[label] for label in ("mel", "bcc", "akiec"))
    assert prediction.malignant_share == pytest.approx(malignant, abs=1e-3)
    assert prediction.model_version == inference.installed_model_version()
    assert set(prediction.class_maps) == set(LABELS)
    assert prediction.milliseconds > 0
    assert prediction.finished_at >= prediction.started_at


def test_the_thresholds_it_was_judged_by_are_kept_with_it(queued_prediction):
    installed = inference.installed_model()
    run(queued_prediction)
    assert queued_prediction.malignant_threshold == installed.malignant_threshold is not None
    assert queued_prediction.uncertain_below == installed.uncertain_below is not None


def test_an_ensemble_without_thresholds_leaves_none(queued_prediction, monkeypatch):
    real = inference.get_ensemble()

    class Unvalidated:
        version = real.version

        def predict(self, data):
            return replace(real.predict(data), malignant_threshold=None, uncertain_below=None)

    monkeypatch.setattr(inference, "get_ensemble", Unvalidated)
    run(queued_prediction)
    assert queued_prediction.status == "done"
    assert (queued_prediction.malignant_threshold, queued_prediction.uncertain_below) == (
        None,
        None,
    )


def test_the_same_task_twice_gives_one_prediction(prediction, monkeypatch):
    before = Prediction.objects.values().get()
    ensemble_that(monkeypatch, AssertionError("a finished photograph must not be run again"))
    run_prediction_task(str(prediction.pk))
    assert Prediction.objects.values().get() == before


def test_the_same_photograph_is_queued_once_per_model(image, doctor, ai_consent):
    first = request_prediction(image=image, actor=doctor)
    assert request_prediction(image=image, actor=doctor) == first
    assert Prediction.objects.count() == 1


def test_without_consent_nothing_is_queued(image, doctor):
    with pytest.raises(ValidationError):
        request_prediction(image=image, actor=doctor)
    assert not Prediction.objects.exists()


def test_a_consent_withdrawn_while_waiting_stops_the_run(queued_prediction, ai_consent, secretary):
    withdraw_consent(consent=ai_consent, actor=secretary)
    run(queued_prediction)
    assert queued_prediction.failure == Prediction.Failure.CONSENT_WITHDRAWN
    assert queued_prediction.probabilities == {}


def test_a_damaged_file_fails_at_once_and_says_so(queued_prediction):
    Path(queued_prediction.image.file.path).write_bytes(b"not a photograph any more")
    run(queued_prediction)
    assert (queued_prediction.status, queued_prediction.failure) == ("failed", "unreadable")


def test_a_missing_model_fails_and_can_be_tried_again_once_there_is_one(
    image, doctor, ai_consent, settings, tmp_path
):
    bundle = settings.MODEL_BUNDLE
    settings.MODEL_BUNDLE = tmp_path
    prediction = run(request_prediction(image=image, actor=doctor))
    assert (prediction.status, prediction.failure) == ("failed", "no_model")
    settings.MODEL_BUNDLE = bundle
    answered = run(retry_prediction(prediction=prediction, actor=doctor))
    assert answered.status == "done"


@pytest.mark.parametrize(
    ("error", "failure"),
    [(SoftTimeLimitExceeded(), "timed_out"), (RuntimeError("broken"), "error")],
)
def test_what_may_pass_is_tried_three_times_with_growing_pauses(
    error, failure, queued_prediction, queue, monkeypatch
):
    ensemble_that(monkeypatch, error)
    pauses = []
    for _attempt in range(3):
        queue.clear()
        run(queued_prediction)
        pauses += [options["countdown"] for _message, options in queue]
    assert pauses == [2, 4]
    assert (queued_prediction.status, queued_prediction.failure) == ("failed", failure)


def test_a_failed_prediction_can_be_tried_again(queued_prediction, doctor, monkeypatch):
    with monkeypatch.context() as broken:
        ensemble_that(broken, RuntimeError())
        for _attempt in range(3):
            run(queued_prediction)
    retried = retry_prediction(prediction=queued_prediction, actor=doctor)
    assert retried == queued_prediction
    assert run(retried).status == "done"


def test_a_finished_prediction_is_not_tried_again(prediction, doctor):
    with pytest.raises(ValidationError):
        retry_prediction(prediction=prediction, actor=doctor)


def test_a_broker_that_is_down_leaves_the_row_for_the_sweep(queued_prediction, queue, monkeypatch):
    def down(*args, **kwargs):
        raise OperationalError

    with monkeypatch.context() as stopped:
        stopped.setattr(run_prediction_task, "apply_async", down)
        dispatch_prediction(queued_prediction.pk)
    queued_prediction.refresh_from_db()
    assert queued_prediction.dispatched_at is None
    Prediction.objects.update(queued_at=timezone.now() - timedelta(seconds=5))
    assert requeue_lost_predictions() == 1
    assert queue[-1][0] == str(queued_prediction.pk)
    assert requeue_lost_predictions() == 0


def test_a_silent_broker_costs_a_second_once(queued_prediction, monkeypatch):
    is_over = Event()
    monkeypatch.setattr(broker, "_broker", broker.Broker())
    with monkeypatch.context() as stopped:
        stopped.setattr(run_prediction_task, "apply_async", lambda *a, **k: is_over.wait(20))
        started = time.monotonic()
        for _photograph in range(3):
            dispatch_prediction(queued_prediction.pk)
        assert time.monotonic() - started < 2
        is_over.set()
    queued_prediction.refresh_from_db()
    assert queued_prediction.dispatched_at is None


def test_a_photograph_stored_by_a_process_that_died_is_queued_by_the_sweep(
    image, doctor, ai_consent
):
    Consent.objects.update(given_at=image.uploaded_at - timedelta(hours=1))
    assert request_missing_predictions() == 0  # the upload may still be under way
    LesionImage.objects.update(uploaded_at=timezone.now() - timedelta(minutes=1))
    Consent.objects.update(given_at=timezone.now() - timedelta(hours=1))

    assert request_missing_predictions() == 1
    assert request_missing_predictions() == 0

    assert Prediction.objects.get().image == image
    assert AuditEvent.objects.filter(target_type="diagnosis.prediction", actor=doctor).exists()


def test_the_sweep_asks_for_no_answer_without_a_consent_from_before(image, doctor, ai_consent):
    LesionImage.objects.update(uploaded_at=timezone.now() - timedelta(minutes=1))
    assert request_missing_predictions() == 0  # the consent came later
    Consent.objects.update(
        given_at=timezone.now() - timedelta(hours=1), withdrawn_at=timezone.now()
    )
    assert request_missing_predictions() == 0
    assert not Prediction.objects.exists()


def lose_the_worker(prediction, *, tries):
    Prediction.objects.filter(pk=prediction.pk).update(
        status="running", tries=tries, started_at=timezone.now() - timedelta(seconds=31)
    )


def test_a_run_whose_worker_died_is_queued_again(queued_prediction, queue):
    lose_the_worker(queued_prediction, tries=1)
    requeue_lost_predictions()
    assert queue[-1][0] == str(queued_prediction.pk)
    assert run(queued_prediction).status == "done"


def test_a_photograph_that_kills_three_workers_is_given_up(queued_prediction, queue):
    lose_the_worker(queued_prediction, tries=3)
    queue.clear()
    requeue_lost_predictions()
    queued_prediction.refresh_from_db()
    assert (queued_prediction.status, queued_prediction.failure) == ("failed", "worker_lost")
    assert queue == []


def test_a_run_that_was_given_up_for_lost_writes_nothing(queued_prediction, monkeypatch):
    real = inference.get_ensemble()

    class Slow:
        version = real.version

        def predict(self, data):
            lose_the_worker(queued_prediction, tries=2)
            return real.predict(data)

    monkeypatch.setattr(inference, "get_ensemble", Slow)
    run(queued_prediction)
    assert (queued_prediction.status, queued_prediction.label) == ("running", "")


def test_the_position_counts_those_before(queued_prediction, consultation, doctor):
    from diagnosis.lesions.services.photographs import upload_image
    from tests import photographs

    later = upload_image(consultation=consultation, data=photographs.jpeg(seed=9), actor=doctor)
    second = request_prediction(image=later, actor=doctor)
    assert (queue_position(queued_prediction), queue_position(second)) == (1, 2)
