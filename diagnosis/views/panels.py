"""What the photograph and the answer beside it show; shared by the page and its fragments."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.models import Consent, Consultation, User
from clinic.permissions import can_write_visit
from clinic.services.consents import has_consent
from diagnosis.answers import describe
from diagnosis.forms import PhotographForm, ReviewForm
from diagnosis.models import Disease, LesionImage, Prediction, Review
from diagnosis.permissions import can_review, visible_images

# How long the page waits before it asks again, in milliseconds: soon at first, then patiently.
ASK_AGAIN_MS = (120, 120, 150, 200, 300, 500, 1000, 2000)


@dataclass(frozen=True)
class PhotographCard:
    """A photograph with its newest prediction and the review that counts."""

    image: LesionImage
    prediction: Prediction | None
    review: Review | None

    @property
    def is_waiting(self) -> bool:
        return self.prediction is not None and self.prediction.is_waiting

    @property
    def is_answered(self) -> bool:
        return self.prediction is not None and self.prediction.status == Prediction.Status.DONE


def photograph_cards(consultation: Consultation, user: User) -> list[PhotographCard]:
    """Gathers the photographs of a visit, oldest first, in three queries."""
    reviews = Review.objects.select_related("disease", "stage", "reviewer")
    predictions = Prediction.objects.order_by("-queued_at").prefetch_related(
        Prefetch("reviews", reviews)
    )
    images = (
        visible_images(user)
        .filter(consultation=consultation)
        .select_related("lesion__body_site", "lesion__patient", "consultation__doctor")
        .prefetch_related(Prefetch("predictions", predictions))
    )
    return [_card(image) for image in images]


def _card(image: LesionImage) -> PhotographCard:
    predictions = list(image.predictions.all())
    reviews = [review for prediction in predictions for review in prediction.reviews.all()]
    return PhotographCard(
        image=image,
        prediction=predictions[0] if predictions else None,
        review=max(reviews, key=lambda review: review.reviewed_at) if reviews else None,
    )


def panel_context(
    consultation: Consultation,
    user: User,
    *,
    image: LesionImage | None = None,
    asked: int = 0,
    photograph_form: PhotographForm | None = None,
    review_form: ReviewForm | None = None,
) -> dict[str, Any]:
    """Builds the context of the photograph panel and the answer panel."""
    cards = photograph_cards(consultation, user)
    selected = next(
        (card for card in cards if image and card.image.pk == image.pk),
        cards[-1] if cards else None,
    )
    is_open = not consultation.is_signed and can_write_visit(user, consultation)
    context: dict[str, Any] = {
        "consultation": consultation,
        "cards": cards,
        "selected": selected,
        "is_any_waiting": any(card.is_waiting for card in cards),
        "can_upload": is_open,
        "sign_warnings": _sign_warnings(cards),
        "has_ai_consent": has_consent(
            patient=consultation.patient, purpose=Consent.Purpose.AI_ANALYSIS
        ),
        "has_training_consent": has_consent(
            patient=consultation.patient, purpose=Consent.Purpose.TRAINING
        ),
        "photograph_form": photograph_form
        or PhotographForm(
            patient=consultation.patient,
            initial={
                "lesion": selected.image.lesion_id if selected else None,
                "body_site": consultation.body_site_id,
            },
        ),
    }
    if selected and selected.prediction:
        context |= answer_context(selected, user, asked=asked, review_form=review_form)
    return context


def answer_context(
    card: PhotographCard, user: User, *, asked: int = 0, review_form: ReviewForm | None = None
) -> dict[str, Any]:
    """Builds the context of the answer and the review under it."""
    assert card.prediction is not None
    prediction = card.prediction
    reason = _("The model was not sure.") if prediction.is_uncertain else ""
    is_frozen = card.image.consultation.is_signed and card.review is not None
    return {
        "answer": describe(prediction),
        "ask_again_ms": ASK_AGAIN_MS[min(asked, len(ASK_AGAIN_MS) - 1)],
        "asked": asked + 1,
        "can_review": (
            prediction.status == Prediction.Status.DONE
            and not is_frozen
            and can_review(user, prediction)
        ),
        "review_form": review_form or ReviewForm(initial={"reason": reason}),
        "is_review_open": review_form is not None and bool(review_form.errors),
        "stages": Disease.objects.filter(stages__isnull=False).distinct(),
    }


def _sign_warnings(cards: list[PhotographCard]) -> list[str]:
    """What the doctor may want to know before signing; none of it blocks the signature."""
    unreviewed = sum(card.review is None and card.is_answered for card in cards)
    waiting = sum(card.is_waiting for card in cards)
    warnings = []
    if unreviewed:
        sentence = ngettext(
            "%(count)d answer is not reviewed: the patient does not see that photograph.",
            "%(count)d answers are not reviewed: the patient does not see those photographs.",
            unreviewed,
        )
        warnings.append(sentence % {"count": unreviewed})
    if waiting:
        sentence = ngettext(
            "%(count)d analysis is still running.",
            "%(count)d analyses are still running.",
            waiting,
        )
        warnings.append(sentence % {"count": waiting})
    return warnings
