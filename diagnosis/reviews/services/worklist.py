"""Photographs that are waiting for a doctor: one rule for every list, count and document."""

from datetime import date
from typing import Any

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from clinic.people.models.consent import Consent
from clinic.people.models.doctor import Doctor
from clinic.people.models.user import User
from clinic.records.services.facts import active_allergies
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record, record_list_once
from diagnosis.lesions.models import LesionImage
from diagnosis.predictions.models.prediction import Prediction
from diagnosis.reviews.models.review import Review
from diagnosis.reviews.permissions import validated_reviews

Status = Prediction.Status
Decision = Review.Decision


State = LesionImage.State
# A photograph without consent has no answer to wait for; only its visit mentions it.
OFF_THE_LIST = (State.DECIDED, State.RETAKEN, State.NO_CONSENT)


def with_states(images: QuerySet[LesionImage]) -> QuerySet[LesionImage]:
    """Annotate photographs with their state, when it began, and any open warning."""
    predictions = Prediction.objects.filter(image=OuterRef("pk"))
    reviews = Review.objects.filter(prediction__image=OuterRef("pk"))
    # A finished answer ranks above a newer one that is still to come.
    done_first = Case(When(status=Status.DONE, then=0), default=1)
    newest = predictions.order_by(done_first, "-queued_at")
    alarms = predictions.filter(
        status=Status.DONE, malignant_share__gte=F("malignant_threshold")
    ).order_by("-finished_at")
    facts: dict[str, Any] = {
        "decision": Subquery(reviews.values("decision")[:1]),
        "decided_at": Subquery(reviews.values("reviewed_at")[:1]),
        "answer_id": Subquery(newest.values("pk")[:1]),
        "answer_status": Subquery(newest.values("status")[:1]),
        "answer_threshold": Subquery(newest.values("malignant_threshold")[:1]),
        "answered_at": Subquery(newest.values("finished_at")[:1]),
        "malignant_share": Subquery(
            predictions.order_by(F("malignant_share").desc(nulls_last=True)).values(
                "malignant_share"
            )[:1]
        ),
        "alarm_at": Subquery(alarms.values("finished_at")[:1]),
    }
    follows: dict[str, Any] = {
        "state": _state(),
        "open_since": Case(
            When(Q(state=State.REOPENED), then=F("alarm_at")),
            default=Coalesce("decided_at", "answered_at", "uploaded_at"),
        ),
        "is_without_threshold": Case(
            When(Q(answer_status=Status.DONE, answer_threshold__isnull=True), then=True),
            default=False,
        ),
        "has_alarm": Case(
            When(Q(alarm_at__isnull=False) & ~Q(state__in=OFF_THE_LIST), then=True), default=False
        ),
    }
    return images.annotate(**facts).annotate(**follows)


def open_photographs(images: QuerySet[LesionImage]) -> QuerySet[LesionImage]:
    """Return the photographs that are waiting for a doctor's decision, highest risk first.

    Those with an answer over its threshold come first. "Referred" and "not assessable" are not
    final: the first ends with a diagnosis of the photograph, the second also with a diagnosis of a
    later photograph of the same lesion, unless there is an open warning.
    """
    return (
        with_states(images)
        .exclude(Q(state__in=OFF_THE_LIST))
        .select_related("lesion__patient", "lesion__body_site")
        .prefetch_related(active_allergies("lesion__patient"))
        .order_by(
            F("has_alarm").desc(),
            F("malignant_share").desc(nulls_last=True),
            F("open_since").asc(),
            "pk",
        )
    )


def is_open(image: LesionImage) -> bool:
    """Return whether a photograph is still waiting for a doctor's decision."""
    this_one = with_states(LesionImage.objects.filter(pk=image.pk))
    return this_one.exclude(Q(state__in=OFF_THE_LIST)).exists()


def count_unreviewed_of(doctor: Doctor) -> int:
    """Count the photographs in a doctor's visits that are waiting for a decision."""
    return open_photographs(LesionImage.objects.filter(consultation__doctor=doctor)).count()


def record_worklist_view(*, actor: User, count: int) -> None:
    """Record in the audit trail that the list was read."""
    record(AuditEvent.Verb.LIST, actor=actor, detail={"what": "to_review", "count": count})


def record_day_alerts_view(*, actor: User, day: date, count: int) -> None:
    """Record that a doctor read what is to review of a day, a part of that day's page."""
    record_list_once(
        actor=actor, detail={"what": "to_review", "day": day.isoformat(), "count": count}
    )


def _state() -> Case:
    is_diagnosed = Q(decision__in=[Decision.CONFIRMED, Decision.CORRECTED])
    agreed = Consent.objects.active().filter(
        patient=OuterRef("lesion__patient"), purpose=Consent.Purpose.AI_ANALYSIS
    )
    later = validated_reviews().filter(
        prediction__image__lesion=OuterRef("lesion"),
        prediction__image__uploaded_at__gt=OuterRef("uploaded_at"),
    )
    # A warning concerns this photograph, so another photograph's diagnosis cannot settle it.
    is_retaken = Q(decision=Decision.NOT_ASSESSABLE, alarm_at__isnull=True) & Exists(later)
    return Case(
        When(is_diagnosed & Q(alarm_at__gt=F("decided_at")), then=Value(State.REOPENED)),
        When(is_diagnosed, then=Value(State.DECIDED)),
        When(decision=Decision.REFERRED, then=Value(State.REFERRED)),
        When(is_retaken, then=Value(State.RETAKEN)),
        When(decision=Decision.NOT_ASSESSABLE, then=Value(State.NOT_ASSESSABLE)),
        When(answer_status=Status.DONE, then=Value(State.UNREVIEWED)),
        When(answer_status=Status.FAILED, then=Value(State.FAILED)),
        When(answer_status__isnull=False, then=Value(State.WAITING)),
        When(Exists(agreed), then=Value(State.MISSING)),
        default=Value(State.NO_CONSENT),
        output_field=models.CharField(),
    )
