import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.core.encrypted_fields import EncryptedTextField, RowBoundQuerySet
from clinic.people.models.patient import Patient


class ErasureRequestQuerySet(RowBoundQuerySet["ErasureRequest"]):
    """Requests by whether somebody has decided on them."""

    def waiting(self) -> Self:
        """Return requests on which nobody has decided yet."""
        return self.filter(decided_at__isnull=True)


class ErasureRequest(models.Model):
    """A patient's request for erasure and its outcome; never deleted, decided once."""

    class Decision(models.TextChoices):
        GRANTED = "granted", _("Granted")
        REFUSED = "refused", _("Refused")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="erasure_requests")
    words = EncryptedTextField(_("in the patient’s words"), max_length=1000, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(_("asked"), auto_now_add=True)
    decision = models.CharField(_("decision"), max_length=10, choices=Decision, blank=True)
    reason = EncryptedTextField(_("reason"), max_length=1000, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    objects: ClassVar[ErasureRequestQuerySet] = ErasureRequestQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("request for erasure")
        verbose_name_plural = _("requests for erasure")
        ordering = ["-asked_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    decision="", reason="", decided_by__isnull=True, decided_at__isnull=True
                )
                | (
                    models.Q(
                        decision__in=["granted", "refused"],
                        decided_by__isnull=False,
                        decided_at__isnull=False,
                    )
                    & ~models.Q(reason="")
                ),
                name="erasure_decision_says_who_and_why",
            ),
            models.UniqueConstraint(
                fields=["patient"],
                condition=models.Q(decided_at__isnull=True),
                name="erasure_is_asked_once_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d}"
