import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.people.consent_texts import ConsentWords, consent_words


class ConsentQuerySet(models.QuerySet["Consent"]):
    """Consents by whether they are still valid."""

    def active(self) -> Self:
        """Return consents that are not withdrawn and whose record has not ended."""
        return self.filter(withdrawn_at__isnull=True, patient__pseudonymised_at__isnull=True)


class Consent(models.Model):
    """A patient's agreement to one purpose, from the day it is given to the day it is withdrawn."""

    class Purpose(models.TextChoices):
        CARE = "care", _("Care")
        PHOTOGRAPHY = "photography", _("Clinical photography")
        AI_ANALYSIS = "ai_analysis", _("Analysis by the model")
        TRAINING = "training", _("Use for training the model")
        REMINDERS = "reminders", _("Reminders")
        TEACHING = "teaching", _("Teaching")

    class Method(models.TextChoices):
        PAPER = "paper", _("Signed on paper")
        SPOKEN = "spoken", _("Spoken, in the presence of staff")
        PORTAL = "portal", _("Given in the portal")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey("clinic.Patient", on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose)
    document_version = models.CharField(_("version of the text"), max_length=20)
    language = models.CharField(
        _("language of the text"), max_length=10, choices=settings.LANGUAGES, blank=True
    )
    method = models.CharField(_("how it was given"), max_length=10, choices=Method)
    given_at = models.DateTimeField(_("given"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    objects: ClassVar[ConsentQuerySet] = ConsentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["purpose", "-given_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "purpose"],
                condition=models.Q(withdrawn_at__isnull=True),
                name="consent_holds_once_per_purpose",
            ),
            models.CheckConstraint(
                # Where nobody withdrew it, it ended with the record.
                condition=models.Q(withdrawn_at__isnull=False) | models.Q(withdrawn_by=None),
                name="consent_that_holds_was_withdrawn_by_nobody",
            ),
        ]

    def __str__(self) -> str:
        return self.get_purpose_display()

    @property
    def words(self) -> ConsentWords | None:
        """The text that was agreed to, word for word."""
        return consent_words(self.purpose, language=self.language, version=self.document_version)
