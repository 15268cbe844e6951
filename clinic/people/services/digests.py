"""The morning email: how many notifications of each kind are unread, without names."""

import logging
from datetime import time
from uuid import UUID

from django.conf import settings
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise

from clinic.core.broker import BrokerDownError, send_soon
from clinic.core.mail import send_mail_to
from clinic.people.models.user import User
from clinic.people.permissions import digest_readers
from clinic.trail.models.notification import Notification, NotificationDigest

logger = logging.getLogger(__name__)

MORNING = time(7)
# If the worker starts later than this, yesterday's news would arrive in the middle of the day.
NOON = time(12)


def dispatch_digests() -> None:
    """Queue today's digest for every reader who has not had one, from 07:00 clinic time."""
    # The tasks import this module, so it can import them only at run time.
    from clinic.people.tasks import send_digest_task

    if not _is_morning():
        return
    settled = NotificationDigest.objects.filter(day=timezone.localdate()).values("recipient")
    for user_id in digest_readers().exclude(pk__in=settled).values_list("pk", flat=True):
        try:
            send_soon(send_digest_task, str(user_id), expires=300)
        except BrokerDownError:
            return


def send_digest(*, user_id: UUID) -> None:
    """Claim one person's morning, then send an email if anything is unread.

    The claim is stored before the email is sent, so a crash in between means no email rather than
    two. When the mail server refuses, the next sweep tries again.
    """
    user = digest_readers().filter(pk=user_id).first()
    if user is None or not _is_morning():
        return
    unread = Notification.objects.unread().filter(recipient=user).count()
    digest, is_new = NotificationDigest.objects.get_or_create(
        recipient=user, day=timezone.localdate(), defaults={"unread": unread}
    )
    if is_new and unread and not _send(user, unread):
        digest.delete()


def _is_morning() -> bool:
    return MORNING <= timezone.localtime().time() < NOON


def _send(user: User, unread: int) -> bool:
    link = f"{settings.SITE_URL}{reverse('clinic:notification_list')}" if settings.SITE_URL else ""
    context = {"unread": unread, "lines": _lines(user), "link": link}
    return send_mail_to(user, "notification_digest", context)


def _lines(user: User) -> list[tuple[Promise, int]]:
    counts = (
        Notification.objects.unread()
        .filter(recipient=user)
        .order_by()
        .values_list("kind")
        .annotate(Count("pk"))
    )
    by_kind = dict(counts)
    return [(kind.label, by_kind[kind]) for kind in Notification.Kind if kind in by_kind]
