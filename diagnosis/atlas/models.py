import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.core.files.bound import BoundFileField
from clinic.core.line_fields import OneLineField
from clinic.core.models.translated import in_language
from diagnosis.predictions.models.disease import Disease, DiseaseStage


class AtlasImageQuerySet(models.QuerySet["AtlasImage"]):
    """Atlas images by status."""

    def kept(self) -> Self:
        """Return the images that have not been archived."""
        return self.filter(archived_at__isnull=True)

    def shown(self) -> Self:
        """Return the images that every reader of the atlas sees."""
        return self.kept().filter(status=AtlasImage.Status.ACCEPTED)

    def proposed(self) -> Self:
        """Return the images that are waiting for an admin's decision, oldest first."""
        return self.kept().filter(status=AtlasImage.Status.PROPOSED)


class AtlasImage(models.Model):
    """A picture of a disease to compare with; it shows no patient of this clinic."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    disease = models.ForeignKey(Disease, on_delete=models.PROTECT, related_name="atlas_images")
    stage = models.ForeignKey(
        DiseaseStage, on_delete=models.PROTECT, related_name="atlas_images", null=True, blank=True
    )
    file = BoundFileField(upload_to="atlas/")
    thumbnail = BoundFileField(upload_to="atlas/")
    sha256 = models.CharField(_("SHA-256 of the stored file"), max_length=64)
    upload_sha256 = models.CharField(_("SHA-256 of the uploaded file"), max_length=64)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    caption = OneLineField(_("caption"), max_length=200, blank=True)
    source = OneLineField(_("source"), max_length=200)
    licence = OneLineField(_("licence"), max_length=80)
    translations = models.JSONField(
        default=dict, blank=True, help_text="By language: caption, source."
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PROPOSED)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    added_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decline_reason = OneLineField(_("reason"), max_length=200, blank=True)
    archived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    archived_reason = OneLineField(_("reason"), max_length=200, blank=True)

    objects: ClassVar[AtlasImageQuerySet] = AtlasImageQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("atlas image")
        verbose_name_plural = _("atlas images")
        ordering = ["added_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(source="") & ~models.Q(licence=""),
                name="atlas_image_says_source_and_licence",
                violation_error_message=_("State the image’s source and licence."),
            ),
            models.CheckConstraint(
                condition=~models.Q(status="declined") | ~models.Q(decline_reason=""),
                name="atlas_image_declined_says_why",
                violation_error_message=_("Say in a few words why."),
            ),
            models.CheckConstraint(
                condition=models.Q(archived_at__isnull=True) | ~models.Q(archived_reason=""),
                name="atlas_image_archived_says_why",
                violation_error_message=_("Say in a few words why."),
            ),
            models.UniqueConstraint(
                fields=["disease", "upload_sha256"],
                condition=models.Q(archived_at__isnull=True)
                & models.Q(status__in=["proposed", "accepted"]),
                name="atlas_image_is_with_a_disease_once",
                violation_error_message=_("This disease already has this image."),
            ),
        ]

    def __str__(self) -> str:
        return self.local_caption or str(self.disease)

    @property
    def local_caption(self) -> str:
        return in_language(self.caption, self.translations, "caption")

    @property
    def local_source(self) -> str:
        return in_language(self.source, self.translations, "source")

    @property
    def is_shown(self) -> bool:
        """Return whether every reader of the atlas sees it."""
        return self.status == self.Status.ACCEPTED and self.archived_at is None

    @property
    def is_proposed(self) -> bool:
        """Return whether it is waiting for an admin's decision."""
        return self.status == self.Status.PROPOSED and self.archived_at is None
