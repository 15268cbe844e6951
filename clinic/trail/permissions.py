"""Who may read which news."""

from typing import TYPE_CHECKING

from clinic.trail.models.notification import Notification, NotificationQuerySet

if TYPE_CHECKING:
    from clinic.people.models.user import User


def visible_notifications(user: "User") -> NotificationQuerySet:
    """Return the news meant for this person; nobody else sees it."""
    return Notification.objects.filter(recipient=user)
