"""Who reads and changes the atlas of diseases."""

from django.db.models import Q, QuerySet

from clinic.people.models.user import User
from clinic.people.permissions import (
    is_admin,
    is_doctor,
)
from diagnosis.atlas.models import AtlasImage, AtlasImageQuerySet
from diagnosis.predictions.models.disease import Disease


def can_see_atlas(user: User) -> bool:
    """Return whether the person may read the atlas and propose images for it."""
    return is_doctor(user) or is_admin(user)


def can_manage_atlas(user: User) -> bool:
    """Return whether the person may change diseases, stages and images of the atlas."""
    return is_admin(user)


def visible_diseases(user: User) -> QuerySet[Disease]:
    """Return the diseases; only admins also see those that are no longer offered."""
    if is_admin(user):
        return Disease.objects.all()
    return Disease.objects.offered() if is_doctor(user) else Disease.objects.none()


def visible_atlas_images(user: User) -> AtlasImageQuerySet:
    """Return the atlas images; doctors see those that are shown and their own proposals."""
    if is_admin(user):
        return AtlasImage.objects.all()
    if is_doctor(user):
        images = AtlasImage.objects.kept().filter(disease__is_active=True)
        return images.filter(Q(status=AtlasImage.Status.ACCEPTED) | Q(added_by=user))
    return AtlasImage.objects.none()
