"""What every diagnosis says: the disease, how certain it is, and when the patient reads it."""

from abc import abstractmethod
from datetime import datetime
from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.core.encrypted_fields import EncryptedCharField, RowBoundQuerySet
from clinic.people.models.user import User
from clinic.records.models.catalogue import BodySite
from clinic.records.models.consultation import Consultation
from diagnosis.lesions.models import LesionImage
from diagnosis.predictions.models.disease import Disease

Row = TypeVar("Row", bound="Diagnosed")


class DiagnosedQuerySet(RowBoundQuerySet[Row]):
    """Diagnoses by whether the patient may read them."""

    def released(self) -> Self:
        """Return the diagnoses that are held back no more."""
        return self.filter(_is_released())

    def with_told(self) -> Self:
        """Say of each diagnosis whether `released` would return it."""
        told = models.Case(models.When(_is_released(), then=True), default=False)
        return self.annotate(is_told=told)


def _is_released() -> models.Q:
    """Return the condition of the release; a malignant diagnosis waits for the talk."""
    of_choice = models.Q(release="at_once") | models.Q(
        release="on_date", release_on__lte=timezone.localdate()
    )
    return (
        models.Q(talked_at__isnull=False)
        | models.Q(release="before")
        | (of_choice & models.Q(disease__is_malignant=False))
    )


def release_constraints(name: str) -> list[models.BaseConstraint]:
    """Return the constraints on the release of a table's diagnoses."""
    return [
        models.CheckConstraint(
            condition=models.Q(release="on_date", release_on__isnull=False)
            | (~models.Q(release="on_date") & models.Q(release_on__isnull=True)),
            name=f"{name}_released_on_a_date_names_it",
            violation_error_message=_("Choose the day from which the patient may read it."),
        ),
        models.CheckConstraint(
            condition=models.Q(talked_at__isnull=True, talked_by__isnull=True)
            | models.Q(talked_at__isnull=False, talked_by__isnull=False),
            name=f"{name}_conversation_says_who",
        ),
    ]


class Diagnosed(models.Model):
    """A doctor's word on a disease, with or without a photograph."""

    class Certainty(models.TextChoices):
        CERTAIN = "certain", _("Certain")
        PROBABLE = "probable", _("Probable")
        POSSIBLE = "possible", _("Possible")

    class Release(models.TextChoices):
        AT_ONCE = "at_once", _("As soon as the visit is signed")
        ON_DATE = "on_date", _("From a date on")
        AFTER_CONVERSATION = "after_conversation", _("After the conversation with the doctor")
        # Readable before doctors could choose; nobody can take back what was read.
        BEFORE = "before", _("Readable since the signature")

    is_told: bool  # on rows read through `with_told`

    # Each kind of diagnosis says whether it always has one.
    disease: models.ForeignKey[Any, Disease | None]
    # The name of a disease that no catalogue has.
    own_words = EncryptedCharField(_("diagnosis in own words"), max_length=120, blank=True)
    certainty = models.CharField(_("certainty"), max_length=10, choices=Certainty, blank=True)
    # When the patient may read the diagnosis; empty if there is none.
    release = models.CharField(
        _("when the patient reads it"), max_length=20, choices=Release, blank=True
    )
    release_on = models.DateField(_("readable from"), null=True, blank=True)
    talked_at = models.DateTimeField(_("talked with the patient"), null=True, blank=True)
    talked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        abstract = True

    @property
    @abstractmethod
    def visit(self) -> Consultation:
        """Return the visit in which it was made."""

    @property
    @abstractmethod
    def photograph(self) -> LesionImage | None:
        """Return the photograph that it is about, if it is about one."""

    @property
    @abstractmethod
    def site(self) -> BodySite | None:
        """Return where on the body it is, if that was said."""

    @property
    @abstractmethod
    def decided_by(self) -> User:
        """Return the doctor who made it."""

    @property
    @abstractmethod
    def decided_at(self) -> datetime:
        """Return when it was made."""

    @property
    @abstractmethod
    def counts(self) -> bool:
        """Return whether it is a diagnosis that nothing has taken the place of."""

    @property
    def diagnosis_name(self) -> str:
        """Return the disease, in the doctor's words if no catalogue has it."""
        return self.own_words or str(self.disease or "")

    @property
    def full_name(self) -> str:
        """Return the disease, with its stage if one was named."""
        return self.diagnosis_name

    @property
    def icd10(self) -> str:
        """Return the code of the disease; the doctor's own words have none."""
        return "" if self.own_words or self.disease is None else self.disease.icd10

    @property
    def plain_words(self) -> str:
        """Return what the catalogue tells patients about the disease."""
        return "" if self.own_words or self.disease is None else self.disease.local_plain_words

    @property
    def is_released(self) -> bool:
        """Return whether the patient may read it once the visit is signed, as `released` says."""
        if self.talked_at is not None or self.release == self.Release.BEFORE:
            return True
        if self.disease is None or self.disease.is_malignant:
            return False
        if self.release == self.Release.ON_DATE:
            return self.release_on is not None and self.release_on <= timezone.localdate()
        return self.release == self.Release.AT_ONCE

    @property
    def release_in_words(self) -> str:
        """Return a sentence that says when the patient reads the diagnosis."""
        if self.release == self.Release.BEFORE:
            return gettext("The patient has been able to read it since the signature.")
        if self.talked_at is not None:
            day = date_format(timezone.localtime(self.talked_at), "DATE_FORMAT")
            return gettext("Released: the conversation was on %(day)s.") % {"day": day}
        is_malignant = self.disease is not None and self.disease.is_malignant
        if is_malignant or self.release == self.Release.AFTER_CONVERSATION:
            return gettext("The patient reads it after the conversation with the doctor.")
        if self.release_on is not None:
            day = date_format(self.release_on, "DATE_FORMAT")
            if self.is_released and self.visit.is_signed:
                return gettext("The patient has been able to read it since %(day)s.") % {"day": day}
            return gettext("The patient reads it from %(day)s on.") % {"day": day}
        if self.release == self.Release.AT_ONCE:
            if self.visit.is_signed:
                return gettext("The patient has been able to read it since the signature.")
            return gettext("The patient reads it as soon as the visit is signed.")
        return ""
