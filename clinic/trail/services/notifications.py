"""News for the people of the site: written once, read, and marked as read."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone

from clinic.trail.models.audit import AuditEvent
from clinic.trail.models.notification import Notification, NotificationQuerySet
from clinic.trail.services.audit import record

if TYPE_CHECKING:
    from clinic.people.models.user import User

Kind = Notification.Kind
# Nobody needs a larger number in the top bar, so counting stops there.
MOST_COUNTED = 100


def notify(
    *,
    recipients: "Iterable[User]",
    kind: Kind,
    url_name: str,
    object_key: object,
    fact_key: object = None,
) -> None:
    """Tell each person a fact once, however often this is called.

    `fact_key` identifies the row that is the news, if it is not the object that the link leads to.
    """
    Notification.objects.bulk_create(
        [
            Notification(
                recipient=recipient,
                kind=kind,
                url_name=url_name,
                object_key=str(object_key),
                fact_key=str(fact_key or object_key),
            )
            for recipient in recipients
            if recipient.is_active
        ],
        ignore_conflicts=True,
    )


def count_unread(user: "User") -> int:
    """Count unread notifications, up to the number that the bell shows."""
    return Notification.objects.unread().filter(recipient=user)[:MOST_COUNTED].count()


def mark_read(*, notification: Notification) -> None:
    """Mark one notification as read; the time of the first reading stays."""
    Notification.objects.unread().filter(pk=notification.pk).update(read_at=timezone.now())


def mark_all_read(*, notifications: NotificationQuerySet, until: datetime) -> int:
    """Mark everything that had arrived by a moment as read, and return the count.

    What arrives while somebody looks at the list stays unread.
    """
    return notifications.unread().filter(created_at__lte=until).update(read_at=timezone.now())


def record_notifications_view(*, actor: "User", count: int) -> None:
    """Note that somebody read a list that may name patients."""
    record(AuditEvent.Verb.LIST, actor=actor, detail={"list": "notifications", "count": count})
