"""Contexts of the photograph and its answer, shared by the page and its fragments."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from clinic.people.models.consent import Consent
from clinic.people.models.user import User
from clinic.people.permissions import treats
from clinic.people.services.consents import standing_consents
from clinic.records.models.catalogue import BodySite
from clinic.records.models.consultation import Consultation
from clinic.records.permissions import can_write_visit
from diagnosis.lesions.forms import MoveForm, PhotographForm, SizeForm
from diagnosis.lesions.models import Lesion
from diagnosis.lesions.permissions import visible_lesions
from diagnosis.predictions.answers import describe
from diagnosis.predictions.models.disease import Disease
from diagnosis.predictions.models.prediction import Prediction
from diagnosis.predictions.permissions import can_ask_model
from diagnosis.predictions.services.heartbeats import is_queue_served
from diagnosis.reviews.findings import diagnoses_of, findings_from
from diagnosis.reviews.forms import ReleaseForm, ReviewForm
from diagnosis.reviews.models.review import UNANSWERED, UNSURE
from diagnosis.reviews.models.visit_diagnosis import VisitDiagnosis
from diagnosis.reviews.pages.cards import PhotographCard, photograph_cards
from diagnosis.reviews.pages.diagnoses import release_form_of
from diagnosis.reviews.pages.limits import limits_for
from diagnosis.reviews.pages.open_words import sign_warnings
from diagnosis.reviews.permissions import can_review, visible_images
from diagnosis.reviews.services.worklist import OFF_THE_LIST

# Milliseconds between the page's requests for an answer: short at first, then longer.
ASK_AGAIN_MS = (120, 120, 150, 200, 300, 500, 1000, 2000)


def panel_context(
    consultation: Consultation,
    user: User,
    *,
    shown: UUID | None = None,
    asked: int = 0,
    review_form: ReviewForm | None = None,
    agreed: Collection[str] | None = None,
    diagnoses: Sequence[VisitDiagnosis] | None = None,
) -> dict[str, Any]:
    """Build the context of the photograph panel and the answer panel.

    `agreed` are the purposes that the patient consents to, and `diagnoses` those that are about no
    photograph, if the page has read them already or does not show them yet.
    """
    cards = photograph_cards(visible_images(user).filter(consultation=consultation))
    if diagnoses is None:
        diagnoses = diagnoses_of(consultation)
    findings = findings_from(cards, diagnoses)
    selected = next(
        (card for card in cards if card.image.pk == shown), cards[-1] if cards else None
    )
    if agreed is None:
        agreed = standing_consents(patient=consultation.patient)
    context: dict[str, Any] = {
        "consultation": consultation,
        "cards": cards,
        "selected": selected,
        "is_any_waiting": any(card.is_waiting for card in cards),
        "can_upload": not consultation.is_signed and can_write_visit(user, consultation),
        "sign_warnings": sign_warnings([card.image for card in cards]),
        "findings": findings,
        "photograph_findings": findings.diagnoses[: len(cards)],
        "diagnoses": diagnoses,
        "has_photography_consent": Consent.Purpose.PHOTOGRAPHY in agreed,
        "has_ai_consent": Consent.Purpose.AI_ANALYSIS in agreed,
        "has_training_consent": Consent.Purpose.TRAINING in agreed,
        "release_form": _release_form(selected, user),
        # Kept if there is no answer to show.
        "answer": None,
        "can_ask_model": selected is not None and can_ask_model(user, selected.image),
    }
    if selected and selected.prediction:
        context |= answer_context(selected, user, asked=asked, review_form=review_form)
    return context


def _release_form(selected: PhotographCard | None, user: User) -> ReleaseForm | None:
    """Return the form for when the patient reads the diagnosis on show, if it can still change."""
    review = selected.review if selected else None
    if selected is None or review is None or review.disease is None:
        return None
    patient = selected.image.lesion.patient
    if patient.has_ended or not treats(user, patient):
        return None
    return release_form_of(review)


def lesion_context(
    consultation: Consultation,
    user: User,
    *,
    cards: Iterable[PhotographCard],
    selected: PhotographCard | None,
) -> dict[str, Any]:
    """Build the context of the body map and of the lesion of the photograph on show.

    The map of a signed visit shows what was photographed in it, and nothing that came later.
    """
    context: dict[str, Any] = {"move_form": None, "size_form": None}
    if consultation.is_signed:
        seen = {card.image.lesion_id: card.image.lesion for card in cards}
        return context | {"lesions": sorted(seen.values(), key=lambda lesion: lesion.number)}
    lesions = list(
        visible_lesions(user)
        .filter(patient=consultation.patient)
        .followed()
        .with_photographs()
        .select_related("body_site")
    )
    context["lesions"] = lesions
    if selected:
        others = [lesion for lesion in lesions if lesion.pk != selected.image.lesion_id]
        context["move_form"] = MoveForm(patient=consultation.patient, lesions=others)
        context["size_form"] = SizeForm(instance=selected.image)
    return context


def new_photograph_form(
    consultation: Consultation, *, lesions: Iterable[Lesion], body_sites: Iterable[BodySite]
) -> PhotographForm:
    """Return an empty form for the next photograph, of a new lesion unless somebody chooses one."""
    return PhotographForm(
        patient=consultation.patient,
        lesions=lesions,
        body_sites=body_sites,
        site_of_visit=consultation.body_site_id,
        initial={"body_site": consultation.body_site},
    )


def answer_context(
    card: PhotographCard, user: User, *, asked: int = 0, review_form: ReviewForm | None = None
) -> dict[str, Any]:
    """Build the context of the answer and the review under it."""
    assert card.prediction is not None
    prediction = card.prediction
    rows = list(Disease.objects.with_stages())
    diseases = {disease.pk: disease for disease in rows}.values()
    # Until another disease is typed, a stage can only be one of the model's answer.
    stages = [
        (row.stage_id, row.local_stage_name)
        for row in rows
        if row.stage_id and prediction.names_a_class and row.model_class == prediction.label
    ]
    initial = {
        "reason": _why_the_doctor_decides(prediction),
        "seen_review": card.review.pk if card.review else "",
    }
    empty_review = ReviewForm(initial=initial, stages=stages)
    is_settled = card.image.consultation.is_signed and card.state in OFF_THE_LIST
    is_frozen = is_settled or card.image.lesion.patient.has_ended
    return {
        "answer": describe(prediction, diseases),
        "limits": limits_for(
            card.image.lesion.patient, day=timezone.localdate(card.image.uploaded_at)
        ),
        "ask_again_ms": ASK_AGAIN_MS[min(asked, len(ASK_AGAIN_MS) - 1)],
        "asked": asked + 1,
        "is_worker_silent": prediction.is_waiting and not is_queue_served("inference"),
        "can_review": (
            not prediction.is_waiting and not is_frozen and can_review(user, prediction)
        ),
        "review_form": review_form or empty_review,
        "is_review_open": review_form is not None and bool(review_form.errors),
    }


def _why_the_doctor_decides(prediction: Prediction) -> str:
    """Return the reason suggested for a review that has nothing to confirm."""
    if prediction.is_uncertain:
        return str(UNSURE)
    return "" if prediction.label else str(UNANSWERED)
