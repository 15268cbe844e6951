import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.encrypted_fields import EncryptedJSONField, RowBoundQuerySet


class UnsentForm(models.Model):
    """What somebody has typed into a form and not sent yet; it lasts for hours."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # A hash of the page and the form: an address can name a patient.
    place = models.CharField(max_length=64, editable=False)
    fields = EncryptedJSONField(_("typed text"))
    kept_at = models.DateTimeField(_("kept"), default=timezone.now, db_index=True)

    objects: ClassVar[RowBoundQuerySet["UnsentForm"]] = RowBoundQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("unsent form")
        verbose_name_plural = _("unsent forms")
        ordering = ["-kept_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "place"], name="one_unsent_form_per_place")
        ]

    def __str__(self) -> str:
        return str(self.pk)
