"""Who sees lesions and edits them."""

from clinic.people.models.user import User
from clinic.people.permissions import (
    patients_in_care,
    treats,
)
from diagnosis.lesions.models import Lesion, LesionQuerySet


def visible_lesions(user: User) -> LesionQuerySet:
    """Return the lesions of patients in this doctor's care."""
    return Lesion.objects.filter(patient__in=patients_in_care(user))


def can_edit_lesion(user: User, lesion: Lesion) -> bool:
    """Return whether the person may edit where a visible lesion is, and whether it is followed."""
    return treats(user, lesion.patient)
