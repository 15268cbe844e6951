import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.core.encrypted_fields import (
    EncryptedCharField,
    EncryptedJSONField,
    EncryptedTextField,
    RowBoundQuerySet,
)
from diagnosis.lesions.models import LesionImage


class ReferralLetter(models.Model):
    """A letter to a colleague about a signed visit; never changed once written."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consultation = models.ForeignKey(
        "clinic.Consultation", on_delete=models.PROTECT, related_name="referral_letters"
    )
    document = models.OneToOneField(
        "clinic.IssuedDocument", on_delete=models.PROTECT, related_name="referral_letter"
    )
    addressee = EncryptedTextField(_("addressee"), max_length=400)
    question = EncryptedCharField(_("question"), max_length=300)
    text = EncryptedTextField(_("text"), max_length=8000)
    images = models.ManyToManyField(LesionImage, related_name="+", blank=True)
    model_answers = EncryptedJSONField(
        default=list, blank=True, help_text="Sentences; empty if the doctor left them out."
    )
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    written_at = models.DateTimeField()

    objects: ClassVar[RowBoundQuerySet["ReferralLetter"]] = RowBoundQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("referral letter")
        verbose_name_plural = _("referral letters")
        ordering = ["-written_at", "pk"]

    def __str__(self) -> str:
        return str(self.question)
