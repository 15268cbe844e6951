import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Lesion(models.Model):
    """One spot on one patient's skin, photographed over time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey("clinic.Patient", on_delete=models.PROTECT, related_name="lesions")
    number = models.PositiveSmallIntegerField(_("number"))
    body_site = models.ForeignKey(
        "clinic.BodySite", on_delete=models.PROTECT, related_name="lesions", null=True, blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("lesion")
        verbose_name_plural = _("lesions")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "number"], name="lesion_number_is_the_patients_own"
            ),
        ]

    def __str__(self) -> str:
        return str(_("Lesion %(number)s") % {"number": self.number})


class LesionImage(models.Model):
    """A photograph as it is kept: upright, re-encoded, without metadata; never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lesion = models.ForeignKey(Lesion, on_delete=models.PROTECT, related_name="images")
    consultation = models.ForeignKey(
        "clinic.Consultation", on_delete=models.PROTECT, related_name="images"
    )
    file = models.FileField(upload_to="lesions/")
    thumbnail = models.FileField(upload_to="lesions/")
    sha256 = models.CharField(_("SHA-256 of the stored file"), max_length=64)
    upload_sha256 = models.CharField(_("SHA-256 of the file as it was sent"), max_length=64)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("photograph")
        verbose_name_plural = _("photographs")
        ordering = ["uploaded_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["consultation", "upload_sha256"],
                name="photograph_is_in_a_visit_once",
                violation_error_message=_("This photograph is in this visit already."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_small(self) -> bool:
        """Whether the photograph has fewer pixels a side than the networks look at."""
        return min(self.width, self.height) < settings.PHOTOGRAPH_SMALL_SIDE
