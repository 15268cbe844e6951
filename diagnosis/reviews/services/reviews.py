"""Reviews of predictions, and the training samples made from them."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.people.models.consent import Consent
from clinic.people.models.user import User
from clinic.people.services.consents import has_consent
from clinic.people.services.ended_records import refuse_ended
from clinic.records.models.consultation import Consultation
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record
from diagnosis.lesions.models import LesionImage
from diagnosis.predictions.models.disease import Disease, DiseaseStage
from diagnosis.predictions.models.prediction import Prediction
from diagnosis.predictions.services.diagnoses import OWN_WORDS
from diagnosis.reviews.models.review import Review, TrainingSample, is_suggested
from diagnosis.reviews.services.releases import first_choice, tell_of_release
from diagnosis.reviews.services.worklist import is_open, with_states

Decision = Review.Decision


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """A doctor's conclusion: the disease, its stage, and how certain the doctor is, if said.

    `own_words` name a disease that no catalogue has; its row is then the one without a name.
    """

    disease: Disease | None = None
    own_words: str = ""
    stage: DiseaseStage | None = None
    certainty: str = ""


NOT_SAID = Diagnosis()


def in_own_words(text: str) -> Diagnosis:
    """Return a diagnosis that no catalogue has."""
    return Diagnosis(disease=Disease.objects.get(code=OWN_WORDS), own_words=text)


# What a doctor says in a review; two that agree in all of it say the same.
SAID = (
    "prediction_id",
    "reviewer_id",
    "decision",
    "disease_id",
    "own_words",
    "stage_id",
    "certainty",
    "reason",
    "comment",
)


class ReviewedMeanwhileError(ValidationError):
    """Somebody reviewed the photograph after this page was loaded."""

    def __init__(self, review: Review) -> None:
        super().__init__(
            _(
                "%(doctor)s has reviewed this photograph in the meantime. Read that review first: "
                "your decision will replace it."
            ),
            code="changed",
            params={"doctor": review.reviewer},
        )
        self.review = review


@transaction.atomic
def review_prediction(
    *,
    prediction: Prediction,
    actor: User,
    decision: str,
    diagnosis: Diagnosis = NOT_SAID,
    reason: str = "",
    comment: str = "",
    seen_review: str | None = None,
) -> Review:
    """Add the doctor's decision to the ensemble's answer, which is unchanged.

    The same decision sent again is kept once. `seen_review` is the review shown to the doctor, so
    that none is overruled unread.
    """
    # If the analysis failed, the doctor decides without it.
    if prediction.is_waiting:
        raise ValidationError(_("Only a finished analysis can be reviewed."))
    refuse_ended(prediction.image.lesion.patient_id)
    consultation = _lock_visit(prediction)
    if decision == Decision.CORRECTED:
        _check_correction(prediction, diagnosis, reason)
    review = Review(
        prediction=prediction,
        reviewer=actor,
        decision=decision,
        **_said(prediction, decision, diagnosis),
        **_in_words(decision, reason.strip(), comment.strip()),
    )
    for name, value in vars(first_choice(review.disease)).items():
        setattr(review, name, value)
    newest = newest_review(image=prediction.image)
    if newest is not None and _says_the_same(newest, review):
        return newest
    _refuse_change_after_signature(prediction, consultation)
    if newest is not None and seen_review not in {None, str(newest.pk)}:
        raise ReviewedMeanwhileError(newest)
    review.full_clean()
    review.save(force_insert=True)
    record(
        AuditEvent.Verb.REVIEW,
        actor=actor,
        patient=prediction.image.lesion.patient,
        target=review,
        detail={"decision": decision},
    )
    refresh_training_sample(image=prediction.image)
    tell_of_release(review, day=timezone.localdate())
    return review


@transaction.atomic
def refresh_training_sample(*, image: LesionImage) -> TrainingSample | None:
    """Bring the training sample in line with the newest review and the consent."""
    review = newest_review(image=image)
    if (
        review is None
        or review.disease is None
        or not has_consent(patient=image.lesion.patient, purpose=Consent.Purpose.TRAINING)
    ):
        TrainingSample.objects.filter(image=image).delete()
        return None
    sample, _is_new = TrainingSample.objects.update_or_create(
        image=image,
        defaults={
            "review": review,
            "disease": review.disease,
            "is_model_class": bool(review.disease.model_class),
        },
    )
    return sample


def newest_review(*, image: LesionImage) -> Review | None:
    """Return the review that counts for a photograph, or None."""
    reviews = Review.objects.filter(prediction__image=image).select_related(
        "disease", "stage", "reviewer"
    )
    return reviews.first()


def _lock_visit(prediction: Prediction) -> Consultation:
    # Reviews and the signature of a visit wait for one another.
    consultations = Consultation.objects.select_for_update(no_key=True)
    return consultations.get(pk=prediction.image.consultation_id)


def _said(prediction: Prediction, decision: str, diagnosis: Diagnosis) -> dict[str, Any]:
    """Return what a decision names; without a diagnosis there is nothing to be certain of."""
    if decision not in {Decision.CONFIRMED, Decision.CORRECTED}:
        return {"disease": None, "own_words": "", "stage": None, "certainty": ""}
    disease, stage = diagnosis.disease, diagnosis.stage
    if decision == Decision.CONFIRMED:
        _refuse_confirming_nothing(prediction)
        disease = Disease.objects.get(model_class=prediction.label)
    if stage is not None and (disease is None or stage.disease_id != disease.pk):
        raise ValidationError({"stage": _("This stage belongs to another disease.")})
    has_no_name = disease is not None and disease.code == OWN_WORDS
    return {
        "disease": disease,
        "own_words": diagnosis.own_words.strip() if has_no_name else "",
        "stage": stage,
        "certainty": diagnosis.certainty,
    }


def _in_words(decision: str, reason: str, comment: str) -> dict[str, str]:
    """Return the texts of a decision; only a correction says why the answer changes."""
    if decision == Decision.CORRECTED:
        return {"reason": reason, "comment": comment}
    # What the doctor wrote while refusing to assess is kept; a sentence that the site wrote is not.
    is_own = decision != Decision.CONFIRMED and not is_suggested(reason)
    return {"reason": "", "comment": "\n".join(filter(None, [reason if is_own else "", comment]))}


def _says_the_same(newest: Review, review: Review) -> bool:
    """Return whether a review repeats the newest one; an alarm since then makes it news."""
    if any(getattr(newest, name) != getattr(review, name) for name in SAID):
        return False
    this_one = with_states(LesionImage.objects.filter(pk=review.prediction.image_id))
    return not this_one.filter(Q(state=LesionImage.State.REOPENED)).exists()


def _refuse_change_after_signature(prediction: Prediction, consultation: Consultation) -> None:
    # What was open at signing may still be reviewed; a signed diagnosis is final.
    if consultation.is_signed and not is_open(prediction.image):
        raise ValidationError(
            _("The visit is signed, and so is this diagnosis. Write an addendum instead."),
            code="signed",
        )


def _refuse_confirming_nothing(prediction: Prediction) -> None:
    # The page named no class, so the doctor would confirm one without having read it.
    if not prediction.label:
        raise ValidationError(_("There is no answer to confirm. Choose the disease yourself."))
    if prediction.is_uncertain:
        raise ValidationError(_("The model is not sure and names no disease. Choose it yourself."))


def _check_correction(prediction: Prediction, diagnosis: Diagnosis, reason: str) -> None:
    disease = diagnosis.disease
    if disease is None:
        raise ValidationError({"disease": _("Choose the disease.")})
    if disease.code == OWN_WORDS and not diagnosis.own_words.strip():
        raise ValidationError({"disease": _("Say which disease it is.")})
    if prediction.names_a_class and disease.model_class == prediction.label:
        raise ValidationError({"disease": _("The model says the same: confirm it instead.")})
    if not reason.strip():
        raise ValidationError({"reason": _("Say in a few words why the answer changes.")})
