import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Notifications by whether they have been read."""

    def unread(self) -> Self:
        """Return notifications that their recipient has not read yet."""
        return self.filter(read_at=None)


class Notification(models.Model):
    """News for one person: its kind and where it leads; the row itself names nobody."""

    class Kind(models.TextChoices):
        REQUESTED = "requested", _("A patient has requested an appointment")
        CANCELLED_BY_PATIENT = "cancelled_by_patient", _("A patient cancelled an appointment")
        BOOKED = "booked", _("New appointment")
        MOVED = "moved", _("An appointment was moved")
        CANCELLED = "cancelled", _("An appointment was cancelled")
        URGENT_ARRIVAL = "urgent_arrival", _("An urgent patient has arrived")
        WALK_IN = "walk_in", _("A patient without an appointment is waiting")
        ANSWER_READY = "answer_ready", _("The answer to a photograph is ready")
        REVIEW_OVERDUE = "review_overdue", _("An answer has been waiting a day for your review")
        REFERRED_OVERDUE = (
            "referred_overdue",
            _("A photograph was referred a day ago: note the diagnosis once you know it"),
        )
        RETAKE_OVERDUE = (
            "retake_overdue",
            _("A photograph could not be assessed: take another one, or note the diagnosis"),
        )
        ANALYSIS_OVERDUE = (
            "analysis_overdue",
            _("A photograph has had no answer for a day: ask again, or decide without it"),
        )
        VISIT_SIGNED = "visit_signed", _("Your visit is in your record")
        DIAGNOSIS_RELEASED = "diagnosis_released", _("You can read more of your visit now")
        EMERGENCY_OPENED = "emergency_opened", _("A record was opened in an emergency")
        EMERGENCY_OVERDUE = "emergency_overdue", _("An emergency access is waiting for your review")
        AUDIT_BROKEN = "audit_broken", _("The audit trail is not as it was written")
        RETENTION_PROPOSED = (
            "retention_proposed",
            _("A shorter retention period is waiting for a second admin"),
        )
        RETENTION_REFUSED = (
            "retention_refused",
            _("The shorter retention period that you proposed was refused"),
        )
        RECORDS_WILL_END = "records_will_end", _("Records will lose their names tomorrow")
        RECORD_NOT_ENDED = "record_not_ended", _("A record could not end")
        ERASURE_GRANTED = (
            "erasure_granted",
            _("An erasure was granted and is waiting for a second admin"),
        )
        ERASURE_TAKEN_BACK = (
            "erasure_taken_back",
            _("An erasure that you granted was withdrawn"),
        )
        ACCOUNT_MADE = "account_made", _("A staff account was created")
        ACCOUNT_CHANGED = "account_changed", _("How a member of staff signs in was changed")
        PATIENTS_TAKEN_OVER = (
            "patients_taken_over",
            _("You take over the patients of a colleague who left"),
        )
        PATIENTS_PASSED_ON = (
            "patients_passed_on",
            _("Patients whom you had taken over are now with another doctor"),
        )
        LOGIN_MADE = "login_made", _("A patient got a login")
        CONTACT_CHANGED = "contact_changed", _("A patient’s email or phone was changed")
        MESSAGE_FAILED = "message_failed", _("A message to a patient may not have arrived")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    kind = models.CharField(_("kind"), max_length=30, choices=Kind)
    url_name = models.CharField(_("page that it links to"), max_length=60)
    object_key = models.CharField(_("key of the object on that page"), max_length=40)
    fact_key = models.CharField(_("key of the row that the news is about"), max_length=40)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    objects: ClassVar[NotificationQuerySet] = NotificationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-created_at", "pk"]
        indexes = [
            models.Index(fields=["recipient", "-created_at"], name="notification_by_recipient"),
            models.Index(
                fields=["recipient"],
                condition=models.Q(read_at__isnull=True),
                name="notification_unread",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "kind", "fact_key"],
                name="notification_tells_a_person_a_fact_once",
            ),
        ]

    def __str__(self) -> str:
        return self.kind

    @property
    def is_read(self) -> bool:
        """Return whether the person has read it."""
        return self.read_at is not None


class NotificationDigest(models.Model):
    """One morning's email to one person; the row is written before the email is sent."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="digests"
    )
    day = models.DateField(_("day"))
    unread = models.PositiveIntegerField(_("unread that morning"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("morning email")
        verbose_name_plural = _("morning emails")
        ordering = ["-day", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "day"], name="digest_is_one_per_person_and_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day}"
