from typing import ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.scheduling.models.appointment import Appointment


class AppointmentNoticeQuerySet(models.QuerySet["AppointmentNotice"]):
    """Messages by what remains to be done with them."""

    def due(self) -> Self:
        """Return the messages that are due to be sent now."""
        return self.filter(
            status=AppointmentNotice.Status.WAITING, due_at__lte=timezone.now()
        ).order_by("due_at")


class AppointmentNotice(models.Model):
    """One message to a patient about one start of an appointment, stored before it is sent."""

    class Kind(models.TextChoices):
        BOOKED = "booked", _("Confirmation")
        MOVED = "moved", _("New time")
        CANCELLED = "cancelled", _("Cancellation")
        DECLINED = "declined", _("Answer to a request")
        FIRST_REMINDER = "first_reminder", _("First reminder")
        LAST_REMINDER = "last_reminder", _("Last reminder")

    class Channel(models.TextChoices):
        EMAIL = "email", _("Email")
        SMS = "sms", _("Text message")

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting to be sent")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        SKIPPED = "skipped", _("Not needed any more")
        FAILED = "failed", _("Could not be sent")
        CUT_OFF = "cut_off", _("Interrupted, may have arrived")

    REMINDERS = (Kind.FIRST_REMINDER, Kind.LAST_REMINDER)

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    starts_at = models.DateTimeField(_("start time in the message"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    due_at = models.DateTimeField(_("not before"), default=timezone.now)
    claimed_at = models.DateTimeField(_("claimed"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    # A reminder's link can confirm or cancel only once.
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects: ClassVar[AppointmentNoticeQuerySet] = AppointmentNoticeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["created_at", "pk"]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(status="waiting"),
                name="notice_waiting_by_time",
            ),
            models.Index(
                fields=["claimed_at"],
                condition=models.Q(status="sending"),
                name="notice_sending_by_time",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "kind", "channel", "starts_at"],
                name="notice_exists_once_per_start_and_channel",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["waiting", "sending"], finished_at__isnull=True)
                | models.Q(
                    status__in=["sent", "skipped", "failed", "cut_off"], finished_at__isnull=False
                ),
                name="notice_is_finished_or_under_way",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel}"
