import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from clinic.core.encrypted_fields import EncryptedJSONField, RowBoundQuerySet
from clinic.core.line_fields import OneLineField


class WritingTemplate(models.Model):
    """A text that doctors write often: one doctor's, or the whole clinic's."""

    class Kind(models.TextChoices):
        NOTES = "notes", _("Notes")
        PRESCRIPTION = "prescription", _("Prescription")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    # Empty if the template belongs to the clinic.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="writing_templates",
        null=True,
        blank=True,
    )
    name = OneLineField(_("name"), max_length=80)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        ordering = [Lower("name"), "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_clinic_wide(self) -> bool:
        """Return whether every doctor has it."""
        return self.owner_id is None


class WritingTemplateVersion(models.Model):
    """A version of a template's text; never changed afterwards."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    template = models.ForeignKey(WritingTemplate, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"))
    # For notes, a text by field name; for prescriptions, the words of each line under "lines".
    # Encrypted, because a text kept from a visit may say anything about the patient.
    content = EncryptedJSONField(_("content"))
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    written_at = models.DateTimeField(_("written"), auto_now_add=True)

    objects: ClassVar[RowBoundQuerySet["WritingTemplateVersion"]] = RowBoundQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("template version")
        verbose_name_plural = _("template versions")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["template", "number"], name="template_version_has_its_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}"
