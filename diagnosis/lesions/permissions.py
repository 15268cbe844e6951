"""Who sees lesions, and says where they are."""

from clinic.people.models.user import User
from clinic.people.permissions import (
    patients_in_care,
    treats,
)
from diagnosis.lesions.models import Lesion, LesionQuerySet


def visible_lesions(user: User) -> LesionQuerySet:
    """Lesions of patients in care."""
    return Lesion.objects.filter(patient__in=patients_in_care(user))


def can_edit_lesion(user: User, lesion: Lesion) -> bool:
    """Say where a lesion that is visible lies, and whether it is still followed."""
    return treats(user, lesion.patient)
