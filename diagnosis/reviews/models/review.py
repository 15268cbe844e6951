import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from clinic.core.encrypted_fields import (
    EncryptedCharField,
    EncryptedTextField,
    RowBoundQuerySet,
)
from clinic.people.models.consent import Consent
from diagnosis.lesions.models import LesionImage
from diagnosis.predictions.models.disease import Disease, DiseaseStage
from diagnosis.predictions.models.prediction import Prediction

# Suggested start of the reason if there is no answer to confirm, in the reviewer's language.
UNSURE = _("The model was not sure.")
UNANSWERED = _("The analysis gave no answer.")


class ReviewQuerySet(RowBoundQuerySet["Review"]):
    """Reviews by whether the patient may read them."""

    def released(self) -> Self:
        """Return the diagnoses that are held back no more; a malignant one waits for the talk."""
        of_choice = models.Q(release="at_once") | models.Q(
            release="on_date", release_on__lte=timezone.localdate()
        )
        return self.filter(
            models.Q(talked_at__isnull=False)
            | models.Q(release="before")
            | (of_choice & models.Q(disease__is_malignant=False))
        )


class Review(models.Model):
    """A doctor's decision on a prediction; a later one is added and takes its place."""

    class Decision(models.TextChoices):
        CONFIRMED = "confirmed", _("Confirmed")
        CORRECTED = "corrected", _("Corrected")
        NOT_ASSESSABLE = "not_assessable", _("Not assessable")
        REFERRED = "referred", _("Referred")

    class Certainty(models.TextChoices):
        CERTAIN = "certain", _("Certain")
        PROBABLE = "probable", _("Probable")
        POSSIBLE = "possible", _("Possible")

    class Release(models.TextChoices):
        AT_ONCE = "at_once", _("As soon as the visit is signed")
        ON_DATE = "on_date", _("From a date on")
        AFTER_CONVERSATION = "after_conversation", _("After the conversation with the doctor")
        # Readable before doctors could choose; nobody can take back what was read.
        BEFORE = "before", _("Readable since the signature")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    prediction = models.ForeignKey(Prediction, on_delete=models.PROTECT, related_name="reviews")
    decision = models.CharField(_("decision"), max_length=20, choices=Decision)
    disease = models.ForeignKey(
        Disease, on_delete=models.PROTECT, related_name="reviews", null=True, blank=True
    )
    # The name of a disease that no catalogue has.
    own_words = EncryptedCharField(_("diagnosis in own words"), max_length=120, blank=True)
    stage = models.ForeignKey(
        DiseaseStage, on_delete=models.PROTECT, related_name="reviews", null=True, blank=True
    )
    certainty = models.CharField(_("certainty"), max_length=10, choices=Certainty, blank=True)
    reason = EncryptedTextField(_("reason"), blank=True)
    comment = EncryptedTextField(_("comment"), blank=True)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews"
    )
    reviewed_at = models.DateTimeField(auto_now_add=True)
    # When the patient may read the diagnosis; empty if there is none.
    release = models.CharField(
        _("when the patient reads it"), max_length=20, choices=Release, blank=True
    )
    release_on = models.DateField(_("readable from"), null=True, blank=True)
    talked_at = models.DateTimeField(_("talked with the patient"), null=True, blank=True)
    talked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

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
            models.CheckConstraint(
                condition=models.Q(release="on_date", release_on__isnull=False)
                | (~models.Q(release="on_date") & models.Q(release_on__isnull=True)),
                name="review_released_on_a_date_names_it",
                violation_error_message=_("Choose the day from which the patient may read it."),
            ),
            models.CheckConstraint(
                condition=models.Q(talked_at__isnull=True, talked_by__isnull=True)
                | models.Q(talked_at__isnull=False, talked_by__isnull=False),
                name="review_conversation_says_who",
            ),
        ]

    def __str__(self) -> str:
        return self.get_decision_display()

    @property
    def diagnosis_name(self) -> str:
        """Return the disease, in the doctor's words if no catalogue has it."""
        return self.own_words or str(self.disease or "")

    @property
    def icd10(self) -> str:
        """Return the code of the disease; the doctor's own words have none."""
        return "" if self.own_words or self.disease is None else self.disease.icd10

    @property
    def plain_words(self) -> str:
        """Return what the catalogue tells patients about the disease."""
        return "" if self.own_words or self.disease is None else self.disease.local_plain_words

    @property
    def is_released(self) -> bool:
        """Return whether the patient may read it once the visit is signed, as `released` says."""
        if self.talked_at is not None or self.release == self.Release.BEFORE:
            return True
        if self.disease is None or self.disease.is_malignant:
            return False
        if self.release == self.Release.ON_DATE:
            return self.release_on is not None and self.release_on <= timezone.localdate()
        return self.release == self.Release.AT_ONCE

    @property
    def release_in_words(self) -> str:
        """Return when the patient reads the diagnosis."""
        if self.release == self.Release.BEFORE:
            return str(self.Release.BEFORE.label)
        if self.talked_at is not None:
            day = date_format(timezone.localtime(self.talked_at), "DATE_FORMAT")
            return gettext("Released: the conversation was on %(day)s") % {"day": day}
        if self.disease is not None and self.disease.is_malignant:
            return str(self.Release.AFTER_CONVERSATION.label)
        if self.release_on is not None:
            day = date_format(self.release_on, "DATE_FORMAT")
            return gettext("From %(day)s on") % {"day": day}
        return str(self.get_release_display())

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
