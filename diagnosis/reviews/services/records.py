"""The patient's view: signed visits with the photographs that a doctor has validated."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from clinic.people.models.user import User
from clinic.records.models.consultation import Consultation
from clinic.records.models.prescription import Prescription
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record
from diagnosis.reviews.models.review import Review


@dataclass(frozen=True)
class VisitLetter:
    """One signed visit as the patient reads it."""

    visit: Consultation
    diagnoses: Sequence[Review]
    prescription: Prescription | None
    # Whether a diagnosis is held back until the doctor has talked with the patient, or until a day.
    has_held: bool = False


def write_letters(
    visits: Sequence[Consultation],
    *,
    reviews: QuerySet[Review],
    prescriptions: QuerySet[Prescription],
    decided: QuerySet[Review],
) -> list[VisitLetter]:
    """Combine visits with their diagnoses and prescriptions.

    `decided` are the diagnoses whether or not the patient may read them yet.
    """
    diagnoses: dict[object, list[Review]] = {visit.pk: [] for visit in visits}
    for review in (
        reviews.filter(prediction__image__consultation__in=visits)
        .select_related(
            "disease", "stage", "reviewer__doctor", "prediction__image__lesion__body_site"
        )
        .order_by("prediction__image__uploaded_at")
    ):
        diagnoses[review.prediction.image.consultation_id].append(review)
    by_visit = {
        prescription.consultation_id: prescription
        for prescription in prescriptions.filter(consultation__in=visits).prefetch_related("lines")
    }
    counts = Counter(
        decided.filter(prediction__image__consultation__in=visits).values_list(
            "prediction__image__consultation", flat=True
        )
    )
    return [
        VisitLetter(
            visit,
            diagnoses[visit.pk],
            by_visit.get(visit.pk),
            has_held=counts[visit.pk] > len(diagnoses[visit.pk]),
        )
        for visit in visits
    ]


def record_own_record_view(*, actor: User, visit: Consultation | None = None) -> None:
    """Record in the audit trail that a patient read their own record."""
    record(
        AuditEvent.Verb.VIEW,
        actor=actor,
        patient=visit.patient if visit else getattr(actor, "patient", None),
        target=visit,
        detail={"what": "own_record"},
    )
