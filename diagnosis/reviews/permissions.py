"""Who may see and do what with photographs and diagnoses.

Doctors see what belongs to patients in their care; patients see what a doctor has validated and
signed; admins and secretaries see nothing of it.
"""

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from clinic.people.models.user import User
from clinic.people.permissions import (
    is_admin,
    is_doctor,
    is_patient,
    open_records,
    patients_in_care,
    treats,
)
from diagnosis.atlas.models import AtlasImage, AtlasImageQuerySet
from diagnosis.lesions.models import Lesion, LesionImage, LesionQuerySet
from diagnosis.predictions.models.disease import Disease
from diagnosis.predictions.models.prediction import Prediction
from diagnosis.reviews.models.review import Review

VALIDATING = (Review.Decision.CONFIRMED, Review.Decision.CORRECTED)


def newest_reviews() -> QuerySet[Review]:
    """The review that counts for each photograph: its newest."""
    newest = Review.objects.filter(prediction__image=OuterRef("prediction__image")).values("pk")[:1]
    return Review.objects.filter(pk=Subquery(newest))


def validated_reviews() -> QuerySet[Review]:
    """The newest review of each photograph, where it is a diagnosis."""
    return newest_reviews().filter(decision__in=VALIDATING)


def visible_lesions(user: User) -> LesionQuerySet:
    """Lesions of patients in care."""
    return Lesion.objects.filter(patient__in=patients_in_care(user))


def visible_images(user: User) -> QuerySet[LesionImage]:
    """Photographs: for a patient the own ones of signed visits that a doctor has validated."""
    if is_patient(user):
        return LesionImage.objects.filter(
            Exists(visible_reviews(user).filter(prediction__image=OuterRef("pk")))
        )
    return LesionImage.objects.filter(lesion__patient__in=patients_in_care(user))


def visible_predictions(user: User) -> QuerySet[Prediction]:
    """Predictions are a second opinion for doctors: a patient reads the diagnosis instead."""
    return Prediction.objects.filter(image__lesion__patient__in=patients_in_care(user))


def visible_reviews(user: User) -> QuerySet[Review]:
    """Reviews: for a patient the newest of each photograph, where it is a signed diagnosis."""
    if is_doctor(user):
        return Review.objects.filter(prediction__image__lesion__patient__in=patients_in_care(user))
    if is_patient(user):
        return validated_reviews().filter(
            prediction__image__lesion__patient__in=open_records(user),
            prediction__image__consultation__signed_at__isnull=False,
        )
    return Review.objects.none()


def can_review(user: User, prediction: Prediction) -> bool:
    """Confirm or correct a prediction that is visible."""
    return treats(user, prediction.image.lesion.patient)


def can_ask_model(user: User, image: LesionImage) -> bool:
    """Have a photograph that is visible analysed, or once more after a failure."""
    return treats(user, image.lesion.patient)


def can_edit_lesion(user: User, lesion: Lesion) -> bool:
    """Say where a lesion that is visible lies, and whether it is still followed."""
    return treats(user, lesion.patient)


def can_see_to_review(user: User) -> bool:
    """See the list of answers that wait for a doctor."""
    return is_doctor(user)


def can_see_model(user: User) -> bool:
    """Read how good the installed model is; it says nothing about any patient."""
    return is_doctor(user) or is_admin(user)


def can_see_atlas(user: User) -> bool:
    """Read the atlas of diseases, and propose images for it."""
    return is_doctor(user) or is_admin(user)


def can_manage_atlas(user: User) -> bool:
    """Change diseases, stages and images of the atlas."""
    return is_admin(user)


def visible_diseases(user: User) -> QuerySet[Disease]:
    """Diseases of the atlas: an admin sees also those that are offered no more."""
    if is_admin(user):
        return Disease.objects.all()
    return Disease.objects.offered() if is_doctor(user) else Disease.objects.none()


def visible_atlas_images(user: User) -> AtlasImageQuerySet:
    """Images of the atlas: a doctor sees what is shown, and the own proposals."""
    if is_admin(user):
        return AtlasImage.objects.all()
    if is_doctor(user):
        images = AtlasImage.objects.kept().filter(disease__is_active=True)
        return images.filter(Q(status=AtlasImage.Status.ACCEPTED) | Q(added_by=user))
    return AtlasImage.objects.none()
