import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.core.encrypted_fields import EncryptedCharField, RowBoundQuerySet
from clinic.core.files.bound import BoundFileField
from clinic.people.models.patient import Patient


class PatientDocumentQuerySet(RowBoundQuerySet["PatientDocument"]):
    """Documents by kind, and by whether they are archived."""

    def kept(self) -> Self:
        """Return the documents that are not archived."""
        return self.filter(archived_at__isnull=True)

    def administrative(self) -> Self:
        """Return the documents whose category is not medical."""
        return self.filter(category__in=PatientDocument.ADMINISTRATIVE)

    def shared(self) -> Self:
        """Return the documents shared with the patient."""
        return self.kept().filter(is_shared=True)


class PatientDocument(models.Model):
    """A file about a patient that came to the clinic; archived, never deleted."""

    class Category(models.TextChoices):
        REFERRAL = "referral", _("Referral")
        LABORATORY = "laboratory", _("Laboratory")
        HISTOLOGY = "histology", _("Histology")
        OTHER_CLINICAL = "other_clinical", _("Other, clinical")
        CONSENT_FORM = "consent_form", _("Consent form")
        INSURANCE = "insurance", _("Insurance")
        IDENTITY = "identity", _("Identity")
        OTHER_ADMINISTRATIVE = "other_administrative", _("Other, administrative")

    class Format(models.TextChoices):
        PDF = "pdf", "PDF"
        JPEG = "jpg", "JPEG"

    ADMINISTRATIVE = (
        Category.CONSENT_FORM,
        Category.INSURANCE,
        Category.IDENTITY,
        Category.OTHER_ADMINISTRATIVE,
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, related_name="received_documents"
    )
    category = models.CharField(_("category"), max_length=24, choices=Category)
    title = EncryptedCharField(_("title"), max_length=120)
    file = BoundFileField(upload_to="documents/", sha256_field="sha256")
    format = models.CharField(_("format"), max_length=4, choices=Format)
    size = models.PositiveIntegerField(_("bytes"))
    page_count = models.PositiveIntegerField(_("pages"), default=1)
    sha256 = models.CharField(_("SHA-256 of the stored file"), max_length=64)
    upload_sha256 = models.CharField(_("SHA-256 of the uploaded file"), max_length=64)
    is_shared = models.BooleanField(_("also visible to the patient"), default=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    added_at = models.DateTimeField(auto_now_add=True)
    archived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    archived_reason = EncryptedCharField(_("reason"), max_length=200, blank=True)

    objects: ClassVar[PatientDocumentQuerySet] = PatientDocumentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["-added_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(archived_at__isnull=True)
                | (~models.Q(archived_reason="") & models.Q(archived_by__isnull=False)),
                name="patient_document_archived_says_why",
                violation_error_message=_("Say in a few words why."),
            ),
            models.UniqueConstraint(
                fields=["patient", "category", "upload_sha256"],
                condition=models.Q(archived_at__isnull=True),
                name="patient_document_is_in_a_record_once",
                violation_error_message=_("This file is already in the record."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.title)
