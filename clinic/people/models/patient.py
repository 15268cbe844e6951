import uuid
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower, Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.ages import age_in_words, years_between
from clinic.core.encrypted_fields import EncryptedCharField, RowBoundQuerySet
from clinic.core.line_fields import OneLineField
from clinic.core.long_dates import written_out
from clinic.core.phones import PhoneField

AGES_OF_PREGNANCY = range(12, 56)
# A month: the longest that people usually wait for the next period.
NOT_PREGNANT_HOLDS_FOR = timedelta(days=28)


class PatientQuerySet(RowBoundQuerySet["Patient"]):
    """Patients by what the desk asks for."""

    def without_login(self) -> Self:
        """Return the patients who cannot sign in yet."""
        return self.filter(user__isnull=True)

    def ended(self) -> Self:
        """Return the patients whose records have ended."""
        return self.filter(pseudonymised_at__isnull=False)

    def living(self) -> Self:
        """Return the patients whose records have not ended."""
        return self.filter(pseudonymised_at__isnull=True)


class Patient(models.Model):
    """A person the clinic treats, with or without a login."""

    class Sex(models.TextChoices):
        FEMALE = "female", _("Female")
        MALE = "male", _("Male")
        OTHER = "other", _("Other")
        UNKNOWN = "unknown", _("Unknown")

    class Opened(models.TextChoices):
        """What proved that the account belongs to the patient and may read the record."""

        CODE = "code", _("With the code from the paper")
        IN_PERSON = "in_person", _("In person, by a doctor")
        BEFORE = "before", _("In use before there were codes")

    class Phototype(models.IntegerChoices):
        """Fitzpatrick's scale."""

        I = 1, _("I: always burns, never tans")  # noqa: E741
        II = 2, _("II: usually burns, tans a little")
        III = 3, _("III: sometimes burns, tans evenly")
        IV = 4, _("IV: rarely burns, tans well")
        V = 5, _("V: very rarely burns, brown skin")
        VI = 6, _("VI: never burns, dark brown to black skin")

    class Pregnancy(models.TextChoices):
        NO = "no", _("No")
        POSSIBLE = "possible", _("Possible")
        YES = "yes", _("Yes")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record_number = models.CharField(_("record number"), max_length=20, unique=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="patient",
        null=True,
        blank=True,
        verbose_name=_("account"),
    )
    # Anybody may have typed the address: before this the account reads nothing clinical.
    record_opened_at = models.DateTimeField(
        _("record opened to the account"), null=True, blank=True, editable=False
    )
    record_opened_how = models.CharField(max_length=10, choices=Opened, blank=True, editable=False)
    full_name = OneLineField(_("full name"), max_length=150)
    preferred_name = OneLineField(_("preferred name"), max_length=150, blank=True)
    search_name = models.CharField(max_length=310, editable=False, db_index=True)
    # The names in the forms in which every spelling is the same: see `clinic/people/names.py`.
    folded_name = models.TextField(default="", blank=True, editable=False)
    joined_names = models.TextField(default="", blank=True, editable=False)
    name_key = models.CharField(max_length=150, default="", blank=True, editable=False)
    # Which of the people with this name and birthday, whom the clinic has told apart.
    namesake = models.PositiveSmallIntegerField(default=0, editable=False)
    birth_date = models.DateField(_("date of birth"), db_index=True)
    sex = models.CharField(_("sex"), max_length=10, choices=Sex, default=Sex.UNKNOWN)
    phone: Any = PhoneField(_("phone"), blank=True, db_index=True)
    email = models.EmailField(_("email"), blank=True)
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    national_id = OneLineField(_("national identifier"), max_length=40, blank=True)
    insurer = OneLineField(_("insurer"), max_length=120, blank=True)
    emergency_contact = OneLineField(_("emergency contact"), max_length=200, blank=True)
    phototype = models.PositiveSmallIntegerField(
        _("phototype"), choices=Phototype, null=True, blank=True
    )
    has_no_known_allergies = models.BooleanField(_("no known allergies"), default=False)
    has_no_known_conditions = models.BooleanField(_("no known conditions"), default=False)
    takes_no_drugs = models.BooleanField(_("takes no drugs"), default=False)
    pregnancy = models.CharField(_("pregnancy"), max_length=10, choices=Pregnancy, blank=True)
    pregnancy_asked_on = models.DateField(
        _("asked about pregnancy"), null=True, blank=True, editable=False
    )
    has_email_reminders = models.BooleanField(_("reminders by email"), default=True)
    has_sms_reminders = models.BooleanField(_("reminders by text message"), default=True)
    # Registered online while the register already had somebody with the same data.
    is_possible_duplicate = models.BooleanField(
        _("may be in the register twice"), default=False, editable=False
    )
    # May contain names, so it is stored here, where it can be corrected, not in the audit trail.
    duplicate_reason = EncryptedCharField(
        _("why this is a different person"), max_length=200, blank=True
    )
    # The identity is no longer known here; what was found and done stays.
    pseudonymised_at = models.DateTimeField(
        _("identity removed"), null=True, blank=True, editable=False
    )
    created_at = models.DateTimeField(_("registered"), auto_now_add=True)

    objects: ClassVar[PatientQuerySet] = PatientQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(record_opened_at__isnull=True, record_opened_how="")
                | models.Q(record_opened_at__isnull=False, user__isnull=False)
                & models.Q(record_opened_how__in=["code", "in_person", "before"]),
                name="patient_record_is_opened_to_an_account_by_a_proof",
            ),
            models.UniqueConstraint(
                fields=["name_key", "birth_date", "namesake"],
                condition=~models.Q(name_key=""),
                name="patient_is_registered_once",
            ),
            models.CheckConstraint(
                condition=models.Q(pregnancy="", pregnancy_asked_on__isnull=True)
                | (~models.Q(pregnancy="") & models.Q(pregnancy_asked_on__isnull=False)),
                name="patient_pregnancy_says_when_it_was_asked",
            ),
            models.CheckConstraint(
                condition=models.Q(pseudonymised_at__isnull=True)
                | models.Q(
                    full_name=models.F("record_number"),
                    search_name=Lower("record_number"),
                    folded_name="",
                    joined_names="",
                    name_key="",
                    preferred_name="",
                    phone="",
                    email="",
                    national_id="",
                    insurer="",
                    emergency_contact="",
                    duplicate_reason="",
                    is_possible_duplicate=False,
                    has_email_reminders=False,
                    has_sms_reminders=False,
                ),
                name="patient_whose_record_has_ended_has_no_name",
            ),
        ]
        ordering = ["full_name", "record_number"]
        indexes = [
            models.Index(fields=["full_name", "record_number"], name="patient_by_name"),
            # As `iexact` asks.
            models.Index(Upper("email"), name="patient_by_email"),
            models.Index(
                fields=["full_name", "record_number"],
                condition=models.Q(is_possible_duplicate=True),
                name="patient_who_may_be_twice",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    def get_absolute_url(self) -> str:
        """Return the address of the patient's page, which is in another room."""
        return reverse("clinic:patient_detail", args=[self.pk])

    @property
    def has_ended(self) -> bool:
        """Return whether the record has lost its name and can only be read."""
        return self.pseudonymised_at is not None

    @property
    def born(self) -> str:
        """The date of birth in words; only the year for a record that has ended."""
        return written_out(self.birth_date, "Y" if self.has_ended else "DATE_FORMAT")

    @property
    def age(self) -> int:
        """Age today in whole years."""
        return years_between(self.birth_date, timezone.localdate())

    @property
    def age_in_words(self) -> str:
        """Age today, for a small child in days, weeks or months."""
        return age_in_words(self.birth_date)

    @property
    def is_pregnancy_to_be_asked(self) -> bool:
        """Whether to ask about pregnancy: depends on age, and never if the record says male."""
        return self.sex != self.Sex.MALE and self.age in AGES_OF_PREGNANCY

    @property
    def pregnancy_now(self) -> str:
        """The answer that still holds; nothing where nobody asked, or a “no” is too old."""
        if self.pregnancy == self.Pregnancy.NO and self.pregnancy_asked_on is not None:
            age = timezone.localdate() - self.pregnancy_asked_on
            return self.pregnancy if age <= NOT_PREGNANT_HOLDS_FOR else ""
        return self.pregnancy

    @property
    def may_be_pregnant(self) -> bool:
        """Return whether to consider a pregnancy; a known one counts at any age."""
        known = self.pregnancy_now in {self.Pregnancy.YES, self.Pregnancy.POSSIBLE}
        return known or self.is_pregnancy_to_be_asked
