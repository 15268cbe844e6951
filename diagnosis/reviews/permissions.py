"""Who may see and do what with photographs and diagnoses.

Doctors see the data of patients in their care, patients see what a doctor has validated and
signed, and admins and secretaries see none of it.
"""

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from clinic.people.models.user import User
from clinic.people.permissions import (
    is_doctor,
    is_patient,
    open_records,
    patients_in_care,
    treats,
)
from clinic.records.models.consultation import Consultation
from clinic.records.permissions import can_write_visit
from diagnosis.lesions.models import LesionImage
from diagnosis.predictions.models.prediction import Prediction
from diagnosis.reviews.models.diagnosed import Diagnosed
from diagnosis.reviews.models.review import Review, ReviewQuerySet
from diagnosis.reviews.models.visit_diagnosis import VisitDiagnosis, VisitDiagnosisQuerySet

VALIDATING = (Review.Decision.CONFIRMED, Review.Decision.CORRECTED)


def newest_reviews() -> ReviewQuerySet:
    """Return the newest review of each photograph: the one that counts."""
    newest = Review.objects.filter(prediction__image=OuterRef("prediction__image")).values("pk")[:1]
    return Review.objects.filter(pk=Subquery(newest))


def validated_reviews() -> ReviewQuerySet:
    """Return the newest review of each photograph if it is a diagnosis."""
    return newest_reviews().filter(decision__in=VALIDATING)


def visible_images(user: User) -> QuerySet[LesionImage]:
    """Return the photographs; patients see their own of signed visits once released."""
    if is_patient(user):
        return LesionImage.objects.filter(
            Exists(visible_reviews(user).filter(prediction__image=OuterRef("pk")))
        )
    return LesionImage.objects.filter(lesion__patient__in=patients_in_care(user))


def visible_reviews(user: User) -> ReviewQuerySet:
    """Return the reviews; patients see the newest of each photograph once it is released."""
    if is_doctor(user):
        return Review.objects.filter(prediction__image__lesion__patient__in=patients_in_care(user))
    if is_patient(user):
        return signed_reviews(user).released()
    return Review.objects.none()


def signed_reviews(user: User) -> ReviewQuerySet:
    """Return the diagnoses of a patient's own signed visits, also those still held back."""
    return (
        validated_reviews().filter(
            prediction__image__lesion__patient__in=open_records(user),
            prediction__image__consultation__signed_at__isnull=False,
        )
        if is_patient(user)
        else Review.objects.none()
    )


def visible_diagnoses(user: User) -> VisitDiagnosisQuerySet:
    """Return the diagnoses of visits; patients see those that stand once they are released."""
    if is_doctor(user):
        return VisitDiagnosis.objects.filter(consultation__patient__in=patients_in_care(user))
    if is_patient(user):
        return signed_diagnoses(user).released()
    return VisitDiagnosis.objects.none()


def signed_diagnoses(user: User) -> VisitDiagnosisQuerySet:
    """Return what stands in a patient's own signed visits, also what is still held back."""
    return (
        VisitDiagnosis.objects.standing().filter(
            consultation__patient__in=open_records(user), consultation__signed_at__isnull=False
        )
        if is_patient(user)
        else VisitDiagnosis.objects.none()
    )


def can_diagnose(user: User, visit: Consultation) -> bool:
    """Return whether the person may add to a visit's diagnoses and change them, as its notes."""
    return can_write_visit(user, visit)


def can_review(user: User, prediction: Prediction) -> bool:
    """Return whether the person may confirm or correct a visible prediction."""
    return treats(user, prediction.image.lesion.patient)


def can_release(user: User, diagnosis: Diagnosed) -> bool:
    """Return whether the person may decide when the patient reads a diagnosis."""
    return treats(user, diagnosis.visit.patient)


def can_see_to_review(user: User) -> bool:
    """Return whether the person may see the list of answers that are waiting for a doctor."""
    return is_doctor(user)
