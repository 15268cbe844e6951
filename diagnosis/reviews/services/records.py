"""The patient's view: signed visits with the diagnoses that are released."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from clinic.people.models.user import User
from clinic.records.models.consultation import Consultation
from clinic.records.models.prescription import Prescription
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record
from diagnosis.reviews.models.diagnosed import Diagnosed
from diagnosis.reviews.models.review import Review
from diagnosis.reviews.models.visit_diagnosis import VisitDiagnosis


@dataclass(frozen=True)
class VisitLetter:
    """One signed visit as the patient reads it."""

    visit: Consultation
    diagnoses: Sequence[Diagnosed]
    prescription: Prescription | None
    # Whether a diagnosis is held back until the doctor has talked with the patient, or until a day.
    has_held: bool = False


def write_letters(
    visits: Sequence[Consultation],
    *,
    reviews: QuerySet[Review],
    diagnoses: QuerySet[VisitDiagnosis],
    prescriptions: QuerySet[Prescription],
) -> list[VisitLetter]:
    """Combine visits with their diagnoses, of which those not told yet are held back."""
    made: dict[object, list[Diagnosed]] = {visit.pk: [] for visit in visits}
    for review in told_reviews(reviews.filter(prediction__image__consultation__in=visits)):
        made[review.prediction.image.consultation_id].append(review)
    for diagnosis in told_diagnoses(diagnoses.filter(consultation__in=visits)):
        made[diagnosis.consultation_id].append(diagnosis)
    by_visit = {
        prescription.consultation_id: prescription
        for prescription in prescriptions.filter(consultation__in=visits).prefetch_related("lines")
    }
    told = {key: [each for each in of_visit if each.is_told] for key, of_visit in made.items()}
    return [
        VisitLetter(
            visit,
            told[visit.pk],
            by_visit.get(visit.pk),
            has_held=len(told[visit.pk]) < len(made[visit.pk]),
        )
        for visit in visits
    ]


def told_reviews(reviews: QuerySet[Review]) -> QuerySet[Review]:
    """Return diagnoses of photographs with all that a letter says of them, in their order."""
    return reviews.select_related(
        "disease", "stage", "reviewer__doctor__user", "prediction__image__lesion__body_site"
    ).order_by("prediction__image__uploaded_at")


def told_diagnoses(diagnoses: QuerySet[VisitDiagnosis]) -> QuerySet[VisitDiagnosis]:
    """Return diagnoses without a photograph with all that a letter says of them, in their order."""
    return diagnoses.select_related(
        "disease", "made_by__doctor__user", "lesion__body_site", "body_site"
    )


def record_own_record_view(*, actor: User, visit: Consultation | None = None) -> None:
    """Record in the audit trail that a patient read their own record."""
    record(
        AuditEvent.Verb.VIEW,
        actor=actor,
        patient=visit.patient if visit else getattr(actor, "patient", None),
        target=visit,
        detail={"what": "own_record"},
    )
