import uuid
from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from clinic.core.encrypted_fields import EncryptedTextField
from clinic.core.lists import listed
from clinic.people.models.consent import Consent
from clinic.people.models.user import User
from clinic.records.models.catalogue import BodySite
from clinic.records.models.consultation import Consultation
from diagnosis.lesions.models import LesionImage
from diagnosis.predictions.models.disease import Disease, DiseaseStage
from diagnosis.predictions.models.prediction import Prediction
from diagnosis.reviews.models.diagnosed import (
    Diagnosed,
    DiagnosedQuerySet,
    release_constraints,
)

# Suggested start of the reason if there is no answer to confirm, in the reviewer's language.
UNSURE = _("The model was not sure.")
UNANSWERED = _("The analysis gave no answer.")


class ReviewQuerySet(DiagnosedQuerySet["Review"]):
    """Reviews by whether the patient may read them."""


class Review(Diagnosed):
    """A doctor's decision on a prediction; a later one is added and takes its place."""

    class Decision(models.TextChoices):
        CONFIRMED = "confirmed", _("Confirmed")
        CORRECTED = "corrected", _("Corrected")
        NOT_ASSESSABLE = "not_assessable", _("Not assessable")
        REFERRED = "referred", _("Referred")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    prediction = models.ForeignKey(Prediction, on_delete=models.PROTECT, related_name="reviews")
    decision = models.CharField(_("decision"), max_length=20, choices=Decision)
    disease = models.ForeignKey(
        Disease, on_delete=models.PROTECT, related_name="reviews", null=True, blank=True
    )
    stage = models.ForeignKey(
        DiseaseStage, on_delete=models.PROTECT, related_name="reviews", null=True, blank=True
    )
    reason = EncryptedTextField(_("reason"), blank=True)
    comment = EncryptedTextField(_("comment"), blank=True)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews"
    )
    reviewed_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[ReviewQuerySet] = ReviewQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["-reviewed_at", "-pk"]
        get_latest_by = "reviewed_at"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(decision="corrected") | ~models.Q(reason=""),
                name="review_correction_says_why",
                violation_error_message=_("Say in a few words why the answer changes."),
            ),
            models.CheckConstraint(
                condition=models.Q(decision__in=["confirmed", "corrected"], disease__isnull=False)
                | models.Q(decision__in=["not_assessable", "referred"], disease__isnull=True),
                name="review_with_a_diagnosis_names_the_disease",
                violation_error_message=_("Choose the disease."),
            ),
            *release_constraints("review"),
        ]

    def __str__(self) -> str:
        return self.get_decision_display()

    @property
    def visit(self) -> Consultation:
        return self.prediction.image.consultation

    @property
    def photograph(self) -> LesionImage:
        return self.prediction.image

    @property
    def site(self) -> BodySite | None:
        return self.prediction.image.lesion.body_site

    @property
    def decided_by(self) -> User:
        return self.reviewer

    @property
    def decided_at(self) -> datetime:
        return self.reviewed_at

    @property
    def counts(self) -> bool:
        newest = Review.objects.filter(prediction__image=self.prediction.image_id).first()
        return self.disease_id is not None and newest == self

    @property
    def full_name(self) -> str:
        return listed([self.diagnosis_name, self.stage])

    @property
    def local_reason(self) -> str:
        """Return the reason; a sentence suggested by the site is in the reader's language."""
        for sentence in (UNSURE, UNANSWERED):
            if self.reason in _in_every_language(sentence):
                return str(sentence)
        return str(self.reason)


def is_suggested(reason: str) -> bool:
    """Return whether the site suggested this reason, in any language."""
    return any(reason in _in_every_language(sentence) for sentence in (UNSURE, UNANSWERED))


def _in_every_language(sentence: Promise) -> set[str]:
    said = set()
    for code, _name in settings.LANGUAGES:
        with override(code):
            said.add(str(sentence))
    return said


class TrainingSampleQuerySet(models.QuerySet["TrainingSample"]):
    """Training samples by whether they may be used."""

    def usable(self) -> Self:
        """Return the samples of patients who consent to training now."""
        consenting = Consent.objects.active().filter(purpose=Consent.Purpose.TRAINING)
        return self.filter(image__lesion__patient__in=consenting.values("patient"))


class TrainingSample(models.Model):
    """A photograph with the label of its newest review, for the next training run."""

    image = models.OneToOneField(
        LesionImage, on_delete=models.PROTECT, related_name="training_sample"
    )
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="training_samples")
    disease = models.ForeignKey(Disease, on_delete=models.PROTECT, related_name="+")
    is_model_class = models.BooleanField(
        _("among the seven classes"),
        help_text=_("A label outside the seven is kept, but not used for training."),
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[TrainingSampleQuerySet] = TrainingSampleQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("training sample")
        verbose_name_plural = _("training samples")
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.image_id)
