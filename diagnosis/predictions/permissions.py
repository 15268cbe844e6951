"""Who requests predictions and reads them."""

from django.db.models import QuerySet

from clinic.people.models.user import User
from clinic.people.permissions import (
    is_admin,
    is_doctor,
    patients_in_care,
    treats,
)
from diagnosis.lesions.models import LesionImage
from diagnosis.predictions.models.prediction import Prediction


def visible_predictions(user: User) -> QuerySet[Prediction]:
    """Return the predictions, only for doctors: patients read the diagnosis instead."""
    return Prediction.objects.filter(image__lesion__patient__in=patients_in_care(user))


def can_ask_model(user: User, image: LesionImage) -> bool:
    """Return whether the person may have a photograph analysed, or again after a failure."""
    return treats(user, image.lesion.patient)


def can_see_model(user: User) -> bool:
    """Return whether the person may read how good the model is; it is about no patient."""
    return is_doctor(user) or is_admin(user)
