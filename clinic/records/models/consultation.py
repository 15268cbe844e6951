import uuid
from datetime import date
from typing import ClassVar, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clinic.core.encrypted_fields import EncryptedCharField, EncryptedTextField, RowBoundQuerySet
from clinic.people.models.consent import Consent
from clinic.people.models.doctor import Doctor


class ConsultationQuerySet(RowBoundQuerySet["Consultation"]):
    """Visits by whether they are signed."""

    def signed(self) -> Self:
        """Return signed visits."""
        return self.filter(signed_at__isnull=False)

    def left_open_before(self, day: date) -> Self:
        """Return unsigned visits that began before a day, oldest first."""
        unsigned = self.filter(signed_at__isnull=True, started_at__date__lt=day)
        return unsigned.order_by("started_at")

    def with_consents(self) -> Self:
        """Annotate visits with their patient's current consents."""
        consents = Consent.objects.active().filter(patient=models.OuterRef("patient"))
        return self.annotate(
            has_photography_consent=models.Exists(
                consents.filter(purpose=Consent.Purpose.PHOTOGRAPHY)
            ),
            has_ai_consent=models.Exists(consents.filter(purpose=Consent.Purpose.AI_ANALYSIS)),
            has_training_consent=models.Exists(consents.filter(purpose=Consent.Purpose.TRAINING)),
        )


class Consultation(models.Model):
    """What a doctor finds and does in one visit; frozen once it is signed."""

    has_photography_consent: bool  # on rows read through `with_consents`
    has_ai_consent: bool
    has_training_consent: bool

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    appointment = models.OneToOneField(
        "clinic.Appointment", on_delete=models.PROTECT, related_name="consultation"
    )
    patient = models.ForeignKey(
        "clinic.Patient", on_delete=models.PROTECT, related_name="consultations"
    )
    doctor = models.ForeignKey(Doctor, on_delete=models.PROTECT, related_name="consultations")
    reason = EncryptedCharField(_("reason for the visit"), max_length=200, blank=True)
    symptoms = models.ManyToManyField(
        "clinic.Symptom", related_name="consultations", blank=True, verbose_name=_("symptoms")
    )
    body_site = models.ForeignKey(
        "clinic.BodySite",
        on_delete=models.PROTECT,
        related_name="consultations",
        null=True,
        blank=True,
        verbose_name=_("body site"),
    )
    history = EncryptedTextField(_("history"), blank=True)
    examination = EncryptedTextField(_("examination"), blank=True)
    assessment = EncryptedTextField(_("assessment"), blank=True)
    plan = EncryptedTextField(_("plan"), blank=True)
    notes = EncryptedTextField(_("other notes"), blank=True)
    follow_up_weeks = models.PositiveSmallIntegerField(
        _("weeks until the next visit"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(520)],
    )
    conclusion = EncryptedTextField(
        _("conclusion for the patient"),
        blank=True,
        help_text=_("The patient reads this once the visit is signed."),
    )
    # Empty unless it was signed although a warning about a photograph was not reviewed.
    unreviewed_reason = EncryptedTextField(
        _("why it was signed before a warning was reviewed"), blank=True, editable=False
    )
    # Empty unless the conclusion names a diagnosis that the patient could not read yet.
    early_reason = EncryptedTextField(
        _("why the conclusion names a diagnosis that waits"), blank=True, editable=False
    )
    version = models.PositiveIntegerField(default=0, editable=False)
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    saved_at = models.DateTimeField(_("saved"), auto_now=True)
    signed_at = models.DateTimeField(_("signed"), null=True, blank=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    objects: ClassVar[ConsultationQuerySet] = ConsultationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        ordering = ["-started_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(signed_at__isnull=True, signed_by__isnull=True)
                | models.Q(signed_at__isnull=False, signed_by__isnull=False),
                name="consultation_signature_says_who",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        """Return the address of the visit's page, which is in another room."""
        return reverse("diagnosis:visit", args=[self.pk])

    @property
    def is_signed(self) -> bool:
        """Return whether the visit is closed and can only get addenda."""
        return self.signed_at is not None


class Addendum(models.Model):
    """A dated note that follows a signed visit."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consultation = models.ForeignKey(Consultation, on_delete=models.PROTECT, related_name="addenda")
    text = EncryptedTextField(_("text"))
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    written_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[RowBoundQuerySet["Addendum"]] = RowBoundQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("addendum")
        verbose_name_plural = _("addenda")
        ordering = ["written_at"]

    def __str__(self) -> str:
        return f"{self.written_at:%Y-%m-%d}"
