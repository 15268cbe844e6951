import uuid
from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from diagnosis.lesions.models import LesionImage


class PredictionQuerySet(models.QuerySet["Prediction"]):
    """Predictions by state."""

    def waiting(self) -> Self:
        """Return the queued predictions in the order in which they run."""
        return self.filter(status=Prediction.Status.QUEUED).order_by("queued_at", "pk")


class Prediction(models.Model):
    """One model version's answer for one photograph; it never changes once it is done."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    class Failure(models.TextChoices):
        """Why there is no answer, worded for the doctor."""

        TIMED_OUT = "timed_out", _("The analysis took too long.")
        UNREADABLE = "unreadable", _("The stored photograph could not be read.")
        NO_MODEL = "no_model", _("No model is installed on the worker.")
        OTHER_MODEL = "other_model", _("The worker has another model version loaded.")
        WORKER_LOST = "worker_lost", _("The worker stopped several times during the analysis.")
        CONSENT_WITHDRAWN = "consent_withdrawn", _("The patient’s consent is missing.")
        ERROR = "error", _("The analysis stopped with an error.")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    image = models.ForeignKey(LesionImage, on_delete=models.PROTECT, related_name="predictions")
    image_sha256 = models.CharField(max_length=64)
    model_version = models.CharField(_("model version"), max_length=60)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    failure = models.CharField(max_length=20, choices=Failure, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField(auto_now_add=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    label = models.CharField(_("most probable class"), max_length=10, blank=True)
    probabilities = models.JSONField(default=dict, blank=True)
    malignant_share = models.FloatField(null=True, blank=True)
    malignant_threshold = models.FloatField(
        null=True,
        blank=True,
        help_text="The malignant share at which this model version starts to warn.",
    )
    uncertain_below = models.FloatField(
        null=True,
        blank=True,
        help_text="Below this highest probability, this model version names no class.",
    )
    class_maps = models.JSONField(default=dict, blank=True)
    crop = models.JSONField(
        default=list,
        blank=True,
        help_text="Left, top, right, bottom of what the networks saw, as fractions of its size.",
    )
    milliseconds = models.FloatField(null=True, blank=True)

    objects: ClassVar[PredictionQuerySet] = PredictionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("prediction")
        verbose_name_plural = _("predictions")
        ordering = ["queued_at", "pk"]
        indexes = [models.Index(fields=["status", "queued_at"], name="prediction_by_queue")]
        constraints = [
            models.UniqueConstraint(
                fields=["image", "model_version"], name="prediction_is_one_per_image_and_model"
            ),
            models.CheckConstraint(
                condition=~models.Q(status="done")
                | (
                    ~models.Q(label="")
                    & ~models.Q(model_version="")
                    & models.Q(finished_at__isnull=False, malignant_share__isnull=False)
                ),
                name="prediction_done_has_label_and_version",
            ),
            models.CheckConstraint(
                condition=models.Q(status="failed") | models.Q(failure=""),
                name="prediction_failed_alone_says_why",
            ),
            models.CheckConstraint(
                condition=models.Q(status="done") | models.Q(label=""),
                name="prediction_has_a_label_only_when_done",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_waiting(self) -> bool:
        """Return whether the answer is still to come."""
        return self.status in {self.Status.QUEUED, self.Status.RUNNING}

    @property
    def is_over_threshold(self) -> bool:
        """Return whether malignant disease cannot be ruled out."""
        if self.malignant_share is None or self.malignant_threshold is None:
            return False
        return self.malignant_share >= self.malignant_threshold

    @property
    def is_without_threshold(self) -> bool:
        """Return whether its model has no threshold, so that it could not raise an alarm."""
        return self.status == self.Status.DONE and self.malignant_threshold is None

    @property
    def is_uncertain(self) -> bool:
        """Return whether no class is probable enough to be named."""
        if self.uncertain_below is None or not self.probabilities:
            return False
        highest: float = max(self.probabilities.values())
        return highest < self.uncertain_below

    @property
    def names_a_class(self) -> bool:
        """Return whether there is a class that a doctor can confirm."""
        return bool(self.label) and not self.is_uncertain

    @property
    def malignant_percent(self) -> float:
        """Return the malignant share in per cent; 0 while there is no answer."""
        return 100 * (self.malignant_share or 0.0)
