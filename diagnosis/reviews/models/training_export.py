import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from diagnosis.lesions.models import LesionImage


class TrainingExport(models.Model):
    """An export of reviewed photographs; kept to know whose photographs left the site."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    images = models.ManyToManyField(LesionImage, related_name="training_exports", blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    # Empty if the export was interrupted; its folder may hold photographs all the same.
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    manifest_sha256 = models.CharField(_("SHA-256 of the list of photographs"), max_length=64)

    class Meta:
        verbose_name = _("training export")
        verbose_name_plural = _("training exports")
        ordering = ["-started_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(finished_at__isnull=True) | ~models.Q(manifest_sha256=""),
                name="training_export_says_what_is_in_it",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
