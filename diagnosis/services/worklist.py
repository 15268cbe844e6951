"""Answers that no doctor has looked at yet."""

from django.db.models import Case, Exists, F, OuterRef, QuerySet, When

from clinic.models import AuditEvent, Doctor, User
from clinic.services.audit import record
from clinic.services.facts import active_allergies
from diagnosis.models import Prediction, Review


def predictions_to_review(predictions: QuerySet[Prediction]) -> QuerySet[Prediction]:
    """Narrows predictions to those whose photograph has no review, the highest risk first.

    Those over the threshold that they were judged by come before all others.
    """
    reviews = Review.objects.filter(prediction__image=OuterRef("image"))
    newer = Prediction.objects.filter(image=OuterRef("image"), queued_at__gt=OuterRef("queued_at"))
    warned_first = Case(When(malignant_share__gte=F("malignant_threshold"), then=0), default=1)
    return (
        predictions.filter(~Exists(reviews), ~Exists(newer), status=Prediction.Status.DONE)
        .select_related("image__lesion__patient", "image__lesion__body_site")
        .prefetch_related(active_allergies("image__lesion__patient"))
        .order_by(warned_first, "-malignant_share", "finished_at")
    )


def count_unreviewed_of(doctor: Doctor) -> int:
    """Count the answers in a doctor's visits that nobody has looked at."""
    return predictions_to_review(
        Prediction.objects.filter(image__consultation__doctor=doctor)
    ).count()


def record_worklist_view(*, actor: User, count: int) -> None:
    """Notes in the audit trail that the list was read."""
    record(AuditEvent.Verb.LIST, actor=actor, detail={"what": "to_review", "count": count})
