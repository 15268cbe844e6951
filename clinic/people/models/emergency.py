import uuid
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.encrypted_fields import EncryptedCharField, RowBoundQuerySet

REVIEW_WITHIN = timedelta(hours=72)


class EmergencyAccessQuerySet(RowBoundQuerySet["EmergencyAccess"]):
    """Emergency accesses by whether they are running, and whether they have been reviewed."""

    def running(self) -> Self:
        """Return the accesses that open a record right now."""
        now = timezone.now()
        return self.filter(started_at__lte=now, ends_at__gt=now)

    def unreviewed(self) -> Self:
        """Return the accesses that an admin has not reviewed."""
        return self.filter(reviewed_at=None)


class EmergencyAccess(models.Model):
    """A record opened by a doctor without a care relation, for a reason and a limited time."""

    class Verdict(models.TextChoices):
        JUSTIFIED = "justified", _("Justified")
        NOT_JUSTIFIED = "not_justified", _("Not justified")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    doctor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="emergency_accesses"
    )
    patient = models.ForeignKey(
        "clinic.Patient", on_delete=models.PROTECT, related_name="emergency_accesses"
    )
    reason = EncryptedCharField(_("reason"), max_length=500)
    started_at = models.DateTimeField(_("started"))
    ends_at = models.DateTimeField(_("ends"), db_index=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    reviewed_at = models.DateTimeField(_("reviewed"), null=True, blank=True)
    verdict = models.CharField(_("verdict"), max_length=20, choices=Verdict, blank=True)
    note = EncryptedCharField(_("note"), max_length=500, blank=True)

    objects: ClassVar[EmergencyAccessQuerySet] = EmergencyAccessQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("emergency access")
        verbose_name_plural = _("emergency accesses")
        ordering = ["-started_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("started_at")),
                name="emergency_access_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    reviewed_at__isnull=True, reviewed_by__isnull=True, verdict="", note=""
                )
                | models.Q(reviewed_at__isnull=False, reviewed_by__isnull=False)
                & ~models.Q(verdict="")
                & ~models.Q(note=""),
                name="emergency_access_review_has_verdict_and_note",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"

    @property
    def is_running(self) -> bool:
        """Return whether it opens the record at this moment."""
        return self.started_at <= timezone.now() < self.ends_at

    @property
    def review_due_at(self) -> datetime:
        """The time by which an admin has to review it."""
        return self.started_at + REVIEW_WITHIN

    @property
    def is_overdue(self) -> bool:
        """Return whether the review is overdue."""
        return self.reviewed_at is None and timezone.now() > self.review_due_at
