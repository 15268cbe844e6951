import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.encrypted_fields import EncryptedCharField, RowBoundQuerySet
from clinic.core.lists import listed
from clinic.people.models.patient import Patient


class ClinicalFact(models.Model):
    """A fact about a patient that outlasts one visit; never deleted, only ended."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    noted_at = models.DateTimeField(_("noted"), default=timezone.now, editable=False)
    # Empty for facts taken over from the free text of earlier versions.
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    ended_reason = EncryptedCharField(_("reason"), max_length=200, blank=True)

    class Meta:
        abstract = True
        ordering = ["noted_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, ended_by__isnull=True, ended_reason="")
                | (
                    models.Q(ended_at__isnull=False, ended_by__isnull=False)
                    & ~models.Q(ended_reason="")
                ),
                name="%(class)s_end_says_who_and_why",
            ),
        ]

    @property
    def is_active(self) -> bool:
        """Return whether it still applies."""
        return self.ended_at is None


class Allergy(ClinicalFact):
    """A substance that a patient reacts to."""

    class Severity(models.TextChoices):
        UNKNOWN = "unknown", _("Not known")
        MILD = "mild", _("Mild")
        MODERATE = "moderate", _("Moderate")
        SEVERE = "severe", _("Severe")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="allergies")
    substance = EncryptedCharField(_("substance"), max_length=200)
    code = EncryptedCharField(
        _("ingredient or class"),
        max_length=60,
        blank=True,
        editable=False,
        help_text=_("The term in the drug table; empty if the table does not know it."),
    )
    reaction = EncryptedCharField(_("reaction"), max_length=200, blank=True)
    severity = models.CharField(
        _("severity"), max_length=10, choices=Severity, default=Severity.UNKNOWN
    )

    objects: ClassVar[RowBoundQuerySet["Allergy"]] = RowBoundQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(ClinicalFact.Meta):
        verbose_name = _("allergy")
        verbose_name_plural = _("allergies")

    def __str__(self) -> str:
        details = [self.reaction]
        if self.severity != self.Severity.UNKNOWN:
            details.append(self.get_severity_display().lower())
        said = listed(details)
        return f"{self.substance} ({said})" if said else self.substance


class Condition(ClinicalFact):
    """A disease of the patient apart from the skin problem at hand."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="conditions")
    name = EncryptedCharField(_("condition"), max_length=200)
    icd10 = EncryptedCharField(_("ICD-10"), max_length=10, blank=True)

    objects: ClassVar[RowBoundQuerySet["Condition"]] = RowBoundQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(ClinicalFact.Meta):
        verbose_name = _("condition")
        verbose_name_plural = _("conditions")

    def __str__(self) -> str:
        return f"{self.name} ({self.icd10})" if self.icd10 else self.name


class CurrentDrug(ClinicalFact):
    """A drug that a patient takes, whoever prescribed it."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="current_drugs")
    drug = EncryptedCharField(_("drug"), max_length=120)
    dose = EncryptedCharField(_("dose"), max_length=120, blank=True)
    since = models.DateField(_("since"), null=True, blank=True)
    until = models.DateField(_("until"), null=True, blank=True)

    objects: ClassVar[RowBoundQuerySet["CurrentDrug"]] = RowBoundQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(ClinicalFact.Meta):
        verbose_name = _("current drug")
        verbose_name_plural = _("current drugs")
        constraints = [
            *ClinicalFact.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(since__isnull=True)
                | models.Q(until__isnull=True)
                | models.Q(until__gte=models.F("since")),
                name="current_drug_ends_after_it_began",
                violation_error_message=_("The last day is before the first."),
            ),
        ]

    def __str__(self) -> str:
        return listed([self.drug, self.dose])

    @property
    def is_active(self) -> bool:
        """Return whether it is still taken: neither ended nor past its last day."""
        return self.ended_at is None and (self.until is None or self.until >= timezone.localdate())
