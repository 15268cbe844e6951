import uuid
from datetime import timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LASTS = timedelta(days=90)
MOST_TRIES = 5


class RecordCodeQuerySet(models.QuerySet["RecordCode"]):
    """Access codes by whether they still open a record."""

    def live(self) -> Self:
        """Return the codes that are not used, expired or tried too often."""
        return self.filter(used_at=None, ends_at__gt=timezone.now(), tries__lt=MOST_TRIES)


class RecordCode(models.Model):
    """A code on paper, given by a doctor to a patient, that opens the record to one account."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(
        "clinic.Patient", on_delete=models.PROTECT, related_name="record_codes"
    )
    # The code itself is only on the paper.
    code_hmac = models.CharField(max_length=64, unique=True, editable=False)
    handed_out_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("handed out"), default=timezone.now, editable=False)
    ends_at = models.DateTimeField(_("ends"))
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    used_at = models.DateTimeField(_("used"), null=True, blank=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    objects: ClassVar[RecordCodeQuerySet] = RecordCodeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("access code")
        verbose_name_plural = _("access codes")
        ordering = ["-created_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(used_at__isnull=True, used_by__isnull=True)
                | models.Q(used_at__isnull=False, used_by__isnull=False),
                name="record_code_is_used_by_somebody_at_some_time",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
