import uuid
from copy import copy
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clinic.core.encrypted_fields import (
    EncryptedCharField,
    EncryptedJSONField,
    EncryptedTextField,
    RowBoundQuerySet,
)

# The key for the words of the site that belong to a line as the doctor wrote it.
AS_WRITTEN = "as_written"


class PrescriptionQuerySet(RowBoundQuerySet["Prescription"]):
    """Prescriptions by state."""

    def issued(self) -> Self:
        """Return the issued prescriptions, revoked ones included."""
        return self.exclude(status=Prescription.Status.DRAFT)


class Prescription(models.Model):
    """What a patient is to take; once signed it is never edited, only revoked or renewed."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SIGNED = "signed", _("Signed")
        REVOKED = "revoked", _("Revoked")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consultation = models.OneToOneField(
        "clinic.Consultation", on_delete=models.PROTECT, related_name="prescription"
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    renewed_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="renewals", null=True, blank=True
    )
    signed_at = models.DateTimeField(_("signed"), null=True, blank=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    drug_table_version = models.CharField(
        _("checked with version"),
        max_length=20,
        blank=True,
        help_text=_("The version of the drug table at signing."),
    )
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    revoked_reason = EncryptedCharField(_("reason"), max_length=200, blank=True)

    objects: ClassVar[PrescriptionQuerySet] = PrescriptionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("prescription")
        verbose_name_plural = _("prescriptions")
        ordering = ["-signed_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="draft", signed_at__isnull=True)
                | models.Q(
                    status__in=["signed", "revoked"],
                    signed_at__isnull=False,
                    signed_by__isnull=False,
                ),
                name="prescription_leaves_the_desk_signed",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="revoked")
                | models.Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="prescription_revocation_says_who",
            ),
        ]

    def __str__(self) -> str:
        return self.get_status_display()

    def lines_for_reader(self) -> list["PrescriptionLine"]:
        """Return the lines in the language of the page."""
        return [line.in_language(get_language() or "") for line in self.lines.all()]


class PrescriptionLine(models.Model):
    """One drug and how it is taken."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    prescription = models.ForeignKey(Prescription, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField(default=0)
    drug = EncryptedCharField(_("drug"), max_length=120)
    form = EncryptedCharField(_("form"), max_length=60, blank=True)
    strength = EncryptedCharField(_("strength"), max_length=60, blank=True)
    dose = EncryptedCharField(_("dose"), max_length=80)
    route = EncryptedCharField(_("route"), max_length=60, blank=True)
    frequency = EncryptedCharField(_("frequency"), max_length=80)
    duration = EncryptedCharField(_("duration"), max_length=80)
    quantity = EncryptedCharField(_("quantity"), max_length=60, blank=True)
    refills = models.PositiveSmallIntegerField(_("refills"), default=0)
    is_substitution_allowed = models.BooleanField(_("substitution allowed"), default=True)
    is_as_needed = models.BooleanField(_("as needed"), default=False)
    note = EncryptedCharField(_("note"), max_length=200, blank=True)
    # For doctors only: a paper for the pharmacy does not say it, and the patient may not know yet.
    indication = EncryptedCharField(_("for which diagnosis"), max_length=120, blank=True)
    # By language, then by field: what the drug table called it in other languages at signing.
    # A language in which the dose cannot be said whole is left out, so no reader gets a mix.
    in_languages = EncryptedJSONField(_("in other languages"), null=True, editable=False)
    is_in_table = models.BooleanField(
        _("in the drug table"),
        default=False,
        editable=False,
        help_text=_("Whether the drug was looked up at signing."),
    )

    # What `in_language` found for the site's own words.
    as_needed = ""

    objects: ClassVar[RowBoundQuerySet["PrescriptionLine"]] = RowBoundQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return str(self.drug)

    def in_language(self, language: str) -> Self:
        """Return the line for a reader of the language, or as it was written if it has no words.

        It is to be shown and never saved.
        """
        line = copy(self)
        for name, words in (self.in_languages or {}).get(language, {}).items():
            setattr(line, name, words)
        return line

    @property
    def use(self) -> list[str]:
        """Return in parts how the drug is taken, all in the language of the line."""
        said = (self.in_languages or {}).get(AS_WRITTEN, {})
        as_needed = self.as_needed or said.get("as_needed") or _("as needed")
        parts = [self.dose, self.route, self.frequency, self.duration]
        return [part for part in [*parts, str(as_needed) if self.is_as_needed else ""] if part]


class WarningOverride(models.Model):
    """Why a doctor prescribes despite a warning; frozen with the signature.

    Without a reason: a doctor checked by hand what the drug table could not.
    """

    class Kind(models.TextChoices):
        ALLERGY = "allergy", _("Allergy")
        DUPLICATE = "duplicate", _("Duplicate")
        INTERACTION = "interaction", _("Interaction")
        PREGNANCY = "pregnancy", _("Pregnancy")
        NOT_CHECKED = "not_checked", _("Not checked")
        NOT_ASKED = "not_asked", _("Not asked")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    prescription = models.ForeignKey(
        Prescription, on_delete=models.PROTECT, related_name="overrides"
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    key = models.CharField(_("key"), max_length=24, help_text=_("Tells warnings apart."))
    words = EncryptedTextField(_("warning"))
    reason = EncryptedCharField(_("reason"), max_length=200, blank=True)
    table_version = models.CharField(_("version of the table"), max_length=20)
    overridden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    overridden_at = models.DateTimeField(_("overridden"), default=timezone.now)

    objects: ClassVar[RowBoundQuerySet["WarningOverride"]] = RowBoundQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("overridden warning")
        verbose_name_plural = _("overridden warnings")
        ordering = ["overridden_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["prescription", "key"], name="warning_is_overridden_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(reason="") | models.Q(kind__in=["not_checked", "not_asked"]),
                name="override_says_why",
            ),
        ]

    def __str__(self) -> str:
        return str(self.words)

    @property
    def is_by_hand(self) -> bool:
        """Return whether a doctor checked by hand rather than overrode a warning."""
        return self.kind in {self.Kind.NOT_CHECKED, self.Kind.NOT_ASKED}
