import secrets
import uuid
from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.records.models.consultation import Consultation


def new_token() -> str:
    """Return a name that nobody can guess: 128 random bits."""
    return secrets.token_urlsafe(16)


class IssuedDocument(models.Model):
    """A paper that left the clinic; with its token, anybody can check whether it is valid."""

    class Kind(models.TextChoices):
        PRESCRIPTION = "prescription", _("Prescription")
        VISIT_REPORT = "visit_report", _("Visit report")
        VISIT_LETTER = "visit_letter", _("Visit report for the patient")
        REFERRAL_LETTER = "referral_letter", _("Referral letter")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    consultation = models.ForeignKey(
        Consultation, on_delete=models.PROTECT, related_name="documents"
    )
    token = models.CharField(_("token"), max_length=32, unique=True, default=new_token)
    content_sha256 = models.CharField(_("SHA-256 of the content of the first print"), max_length=64)
    issued_at = models.DateTimeField(_("issued"), help_text=_("When its content was signed."))

    class Meta:
        verbose_name = _("issued document")
        verbose_name_plural = _("issued documents")
        ordering = ["-issued_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["consultation", "kind"],
                # A visit may end in letters to several people, and each letter is a separate paper.
                condition=~models.Q(kind="referral_letter"),
                name="document_keeps_its_token",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def revoked_at(self) -> datetime | None:
        """When it was revoked; only prescriptions can be."""
        is_prescription = self.kind == self.Kind.PRESCRIPTION
        return self.consultation.prescription.revoked_at if is_prescription else None
