import secrets
import time
import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.encrypted_fields import EncryptedCharField, RowBoundQuerySet
from clinic.core.models.clinic_settings import LEAST_RETENTION_YEARS, MOST_RETENTION_YEARS
from clinic.people.models.erasure import ErasureRequest
from clinic.people.models.patient import Patient


class RecordEndingQuerySet(models.QuerySet["RecordEnding"]):
    """Announced ends of records, by their outcome."""

    def planned(self) -> Self:
        """Return the ends that are still to come."""
        return self.filter(done_at__isnull=True, called_off_at__isnull=True)

    def due(self) -> Self:
        """Return the ends to carry out now, those that failed before last."""
        return (
            self.planned()
            .filter(due_at__lte=timezone.now())
            .order_by(models.F("tried_at").asc(nulls_first=True), "due_at", "pk")
        )


class RecordEnding(models.Model):
    """The end of one record, announced a day before; no record loses its name unannounced."""

    class Why(models.TextChoices):
        RETENTION = "retention", _("Retention period over")
        ERASURE = "erasure", _("Granted at the patient’s request")

    class Trouble(models.TextChoices):
        """Why a record could not end, in words for an admin."""

        COMING = "coming", _("There is an upcoming appointment or an unsigned visit.")
        UNREADABLE = "unreadable", _("A text in the record cannot be decrypted.")
        ERROR = "error", _("It stopped with an error, which is in the log.")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="endings")
    why = models.CharField(_("why"), max_length=10, choices=Why)
    # The patient's request, where there is one.
    request = models.ForeignKey(
        ErasureRequest, on_delete=models.PROTECT, related_name="endings", null=True, blank=True
    )
    announced_at = models.DateTimeField(_("announced"), default=timezone.now)
    due_at = models.DateTimeField(_("not before"))
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    called_off_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    tried_at = models.DateTimeField(_("last tried"), null=True, blank=True)
    trouble = models.CharField(_("problem"), max_length=10, choices=Trouble, blank=True)

    objects: ClassVar[RecordEndingQuerySet] = RecordEndingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("record ending")
        verbose_name_plural = _("record endings")
        ordering = ["due_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["patient"],
                condition=models.Q(done_at__isnull=True, called_off_at__isnull=True),
                name="record_ending_is_announced_once",
            ),
            models.CheckConstraint(
                condition=models.Q(done_at__isnull=True) | models.Q(called_off_at__isnull=True),
                name="record_ending_is_done_or_called_off",
            ),
            models.CheckConstraint(
                condition=models.Q(why="retention", request__isnull=True)
                | models.Q(why="erasure", request__isnull=False),
                name="record_ending_says_which_wish_was_granted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.due_at:%Y-%m-%d}"


def new_key() -> int:
    """Return a key that rises with time, for a row that must know its key before it is stored."""
    milliseconds = time.time_ns() // 1_000_000
    return milliseconds << 22 | secrets.randbits(22)


class FormerIdentity(models.Model):
    """A former name or address of a patient, kept until the record ends.

    Texts from that time may contain it, so it is needed to remove the name from them.
    """

    class Kind(models.TextChoices):
        NAME = "name", _("Name")
        EMAIL = "email", _("Email")
        PHONE = "phone", _("Phone")

    id = models.BigAutoField(primary_key=True, default=new_key, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="former_identities")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    value = EncryptedCharField(_("value"), max_length=254)
    replaced_at = models.DateTimeField(_("replaced"), auto_now_add=True)

    objects: ClassVar[RowBoundQuerySet["FormerIdentity"]] = RowBoundQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("former name or address")
        verbose_name_plural = _("former names and addresses")
        ordering = ["replaced_at", "pk"]

    def __str__(self) -> str:
        return self.get_kind_display()


class RetentionProposalQuerySet(models.QuerySet["RetentionProposal"]):
    """Proposals by whether they wait for a decision."""

    def waiting(self) -> Self:
        """Return the proposal on which nobody has decided yet, if there is one."""
        return self.filter(decided_at__isnull=True)


class RetentionProposal(models.Model):
    """A shorter retention period, proposed by one admin and confirmed by another."""

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed", _("Confirmed")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        # In a clinic with one admin: a week passed and nobody withdrew it.
        WAITED = "waited", _("In force after a week")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    years = models.PositiveSmallIntegerField(
        _("years"),
        validators=[
            MinValueValidator(LEAST_RETENTION_YEARS),
            MaxValueValidator(MOST_RETENTION_YEARS),
        ],
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField(_("proposed"), default=timezone.now)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    objects: ClassVar[RetentionProposalQuerySet] = RetentionProposalQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("proposal of a shorter period")
        verbose_name_plural = _("proposals of a shorter period")
        ordering = ["-proposed_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["outcome"],
                condition=models.Q(outcome=""),
                name="retention_proposal_waits_alone",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="", decided_by__isnull=True, decided_at__isnull=True)
                | models.Q(outcome="waited", decided_by__isnull=True, decided_at__isnull=False)
                | models.Q(outcome="withdrawn", decided_by__isnull=False, decided_at__isnull=False)
                | (
                    models.Q(outcome="confirmed", decided_at__isnull=False)
                    & models.Q(decided_by__isnull=False)
                    & ~models.Q(decided_by=models.F("proposed_by"))
                ),
                name="retention_proposal_is_confirmed_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=models.Q(years__gte=LEAST_RETENTION_YEARS),
                name="retention_proposal_is_not_too_short",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.years}"
