"""A prediction from request to answer; each transition is a compare-and-set."""

import logging
from contextlib import suppress
from datetime import timedelta
from functools import partial
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.broker import BrokerDownError, send_soon
from clinic.core.encryption import UnreadableError
from clinic.people.models.consent import Consent
from clinic.people.models.user import User
from clinic.people.services.consents import has_consent, lock_consent
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record
from diagnosis.lesions.models import LesionImage
from diagnosis.predictions import inference
from diagnosis.predictions.models.prediction import Prediction
from diagnosis.predictions.services.answer_news import tell_of_late_answer
from ml.errors import BundleError, PhotographError

logger = logging.getLogger(__name__)

# An upload stores and queues within a second.
NOT_QUEUED_AFTER = timedelta(seconds=30)
# Older photographs without an answer are on the worklist, where a doctor asks for one.
FORGOTTEN_AFTER = timedelta(days=7)
MOST_AT_ONCE = 50

Status = Prediction.Status
Failure = Prediction.Failure


@transaction.atomic
def request_prediction(*, image: LesionImage, actor: User) -> Prediction:
    """Queue a photograph for the installed model, once per model version."""
    _refuse_without_consent(image)
    prediction, is_new = Prediction.objects.get_or_create(
        image=image,
        model_version=inference.installed_model_version(),
        defaults={"image_sha256": image.sha256},
    )
    if is_new:
        record(
            AuditEvent.Verb.CREATE,
            actor=actor,
            patient=image.lesion.patient,
            target=prediction,
            detail={"model_version": prediction.model_version},
        )
        transaction.on_commit(partial(dispatch_prediction, prediction.pk))
    return prediction


@transaction.atomic
def retry_prediction(*, prediction: Prediction, actor: User) -> Prediction:
    """Queue a failed prediction again, or request one from the model installed now."""
    if prediction.status != Status.FAILED:
        raise ValidationError(_("Only a failed analysis can be tried again."))
    if prediction.model_version != inference.installed_model_version():
        return request_prediction(image=prediction.image, actor=actor)
    _refuse_without_consent(prediction.image)
    queued = Prediction.objects.filter(pk=prediction.pk, status=Status.FAILED).update(
        status=Status.QUEUED,
        failure="",
        tries=0,
        queued_at=timezone.now(),
        dispatched_at=None,
        started_at=None,
        finished_at=None,
    )
    if queued:
        record(
            AuditEvent.Verb.UPDATE,
            actor=actor,
            patient=prediction.image.lesion.patient,
            target=prediction,
            detail={"status": Status.QUEUED},
        )
        transaction.on_commit(partial(dispatch_prediction, prediction.pk))
    prediction.refresh_from_db()
    return prediction


def dispatch_prediction(prediction_id: UUID, *, delay_s: int = 0) -> None:
    """Send the job to the worker; if the broker is down, the next sweep finds the row."""
    # The tasks import this module, so the import must wait until both are loaded.
    from diagnosis.predictions.tasks import run_prediction_task

    try:
        send_soon(run_prediction_task, str(prediction_id), countdown=delay_s)
    except BrokerDownError:
        return
    Prediction.objects.filter(pk=prediction_id, status=Status.QUEUED).update(
        dispatched_at=timezone.now()
    )


def run_prediction(*, prediction_id: UUID) -> None:
    """Claim a queued row and fill it; leave a row alone that another worker has claimed."""
    claimed = Prediction.objects.filter(pk=prediction_id, status=Status.QUEUED).update(
        status=Status.RUNNING, started_at=timezone.now(), tries=F("tries") + 1
    )
    if not claimed:
        return
    # Texts are not read: one that cannot be decrypted would leave the row running for ever.
    prediction = (
        Prediction.objects.select_related("image__lesion__patient")
        .defer(
            "image__size_note",
            "image__lesion__description",
            "image__lesion__patient__duplicate_reason",
        )
        .get(pk=prediction_id)
    )
    failure = _refusal(prediction)
    if failure:
        _fail(prediction, failure)
        return
    try:
        _answer(prediction)
    except (PhotographError, FileNotFoundError, UnreadableError):
        _fail(prediction, Failure.UNREADABLE)
    except BundleError as error:
        logger.error("The model cannot be loaded: %s", error)
        _fail(prediction, Failure.NO_MODEL)
    except SoftTimeLimitExceeded:
        _try_again(prediction, Failure.TIMED_OUT)
    except Exception as error:  # noqa: BLE001  whatever failed, the row must say so and not hang
        logger.error("A prediction was interrupted: %s", type(error).__name__)
        _try_again(prediction, Failure.ERROR)


def requeue_lost_predictions() -> int:
    """Queue rows again whose worker died or whose message was lost; return how many."""
    now = timezone.now()
    lost_before = now - timedelta(seconds=settings.PREDICTION_LOST_AFTER)
    dead = Prediction.objects.filter(status=Status.RUNNING, started_at__lt=lost_before)
    dead.filter(tries__gte=settings.PREDICTION_MAX_TRIES).update(
        status=Status.FAILED, failure=Failure.WORKER_LOST, finished_at=now
    )
    dead.update(status=Status.QUEUED, dispatched_at=None)
    undelivered = Prediction.objects.waiting().filter(
        Q(dispatched_at__isnull=True, queued_at__lt=now - timedelta(seconds=2))
        | Q(dispatched_at__isnull=True, started_at__isnull=False)
        | Q(dispatched_at__lt=lost_before)
    )
    waiting = list(undelivered.values_list("pk", flat=True))
    for prediction_id in waiting:
        dispatch_prediction(prediction_id)
    return len(waiting)


def request_missing_predictions() -> int:
    """Queue photographs that were stored, but whose process died before it queued them.

    Only those whose patient had agreed before the photograph was taken up: with a later consent, a
    doctor asks for the answer.
    """
    now = timezone.now()
    agreed = Consent.objects.active().filter(
        patient=OuterRef("lesion__patient"),
        purpose=Consent.Purpose.AI_ANALYSIS,
        given_at__lte=OuterRef("uploaded_at"),
    )
    missing = LesionImage.objects.filter(
        Exists(agreed),
        predictions__isnull=True,
        uploaded_at__lt=now - NOT_QUEUED_AFTER,
        uploaded_at__gt=now - FORGOTTEN_AFTER,
    )
    # Texts are not read: one that cannot be decrypted would keep the others waiting.
    images = missing.select_related("lesion__patient", "uploaded_by").defer(
        "size_note", "lesion__description", "lesion__patient__duplicate_reason"
    )
    count = 0
    for image in images.order_by("uploaded_at", "pk")[:MOST_AT_ONCE]:
        # Whoever withdrew the consent meanwhile is left alone.
        with suppress(ValidationError):
            request_prediction(image=image, actor=image.uploaded_by)
            count += 1
    return count


def queue_position(prediction: Prediction) -> int:
    """Return the prediction's place in the queue, counting those that are running."""
    return (
        Prediction.objects.filter(
            Q(status=Status.RUNNING) | Q(status=Status.QUEUED, queued_at__lt=prediction.queued_at)
        )
        .exclude(pk=prediction.pk)
        .count()
        + 1
    )


def _refuse_without_consent(image: LesionImage) -> None:
    if not lock_consent(patient=image.lesion.patient, purpose=Consent.Purpose.AI_ANALYSIS):
        raise ValidationError(
            _("The patient has not agreed to the analysis by the model."), code="no_consent"
        )


def _refusal(prediction: Prediction) -> Failure | None:
    """Return why this row must not run, or None if it may."""
    patient = prediction.image.lesion.patient
    if not has_consent(patient=patient, purpose=Consent.Purpose.AI_ANALYSIS):
        return Failure.CONSENT_WITHDRAWN
    if not prediction.model_version:
        return Failure.NO_MODEL
    return None


def _answer(prediction: Prediction) -> None:
    ensemble = inference.get_ensemble()
    if ensemble.version != prediction.model_version:
        _fail(prediction, Failure.OTHER_MODEL)
        return
    with prediction.image.file.open("rb") as file:
        answer = ensemble.predict(file.read())
    _keep(prediction, answer)


@transaction.atomic
def _keep(prediction: Prediction, answer: "inference.EnsemblePrediction") -> None:
    """Fill the row, unless the patient has withdrawn consent while the networks ran."""
    patient = prediction.image.lesion.patient
    if not lock_consent(patient=patient, purpose=Consent.Purpose.AI_ANALYSIS):
        _fail(prediction, Failure.CONSENT_WITHDRAWN)
        return
    finished_at = timezone.now()
    answered = _claimed_row(prediction).update(
        status=Status.DONE,
        finished_at=finished_at,
        label=answer.label,
        probabilities=dict(answer.probabilities),
        malignant_share=answer.malignant,
        malignant_threshold=answer.malignant_threshold,
        uncertain_below=answer.uncertain_below,
        class_maps={
            label: [list(row) for row in grid] for label, grid in answer.class_maps.items()
        },
        crop=list(answer.crop),
        milliseconds=answer.milliseconds,
    )
    if answered:
        # Robust: a failed notification must not lose the answer itself.
        news = partial(tell_of_late_answer, prediction=prediction, finished_at=finished_at)
        transaction.on_commit(news, robust=True)


def _fail(prediction: Prediction, failure: Failure) -> None:
    _claimed_row(prediction).update(
        status=Status.FAILED, failure=failure, finished_at=timezone.now()
    )


def _try_again(prediction: Prediction, failure: Failure) -> None:
    """Queue the row again after 2, then 4 seconds; on the third try, fail it."""
    if prediction.tries >= settings.PREDICTION_MAX_TRIES:
        _fail(prediction, failure)
        return
    if _claimed_row(prediction).update(status=Status.QUEUED, dispatched_at=None):
        dispatch_prediction(prediction.pk, delay_s=2**prediction.tries)


def _claimed_row(prediction: Prediction) -> QuerySet[Prediction]:
    # A run that was presumed lost finds its row claimed again, with a higher count,
    # and writes nothing.
    return Prediction.objects.filter(
        pk=prediction.pk, status=Status.RUNNING, tries=prediction.tries
    )
