"""Which news a person may read."""

from typing import TYPE_CHECKING

from clinic.trail.models.notification import Notification, NotificationQuerySet

if TYPE_CHECKING:
    from clinic.people.models.user import User


def visible_notifications(user: "User") -> NotificationQuerySet:
    """News: everybody sees what is meant for them and for nobody else."""
    return Notification.objects.filter(recipient=user)
