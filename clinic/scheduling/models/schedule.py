from datetime import datetime, time, timedelta
from typing import ClassVar, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.line_fields import OneLineField
from clinic.core.models.translated import TranslatedModel
from clinic.people.models.doctor import Doctor


class VisitType(TranslatedModel):
    """A type of visit and its duration."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = OneLineField(_("name"), max_length=80)
    duration_minutes = models.PositiveSmallIntegerField(
        _("minutes"), validators=[MinValueValidator(5), MaxValueValidator(240)]
    )
    is_active = models.BooleanField(_("offered"), default=True)
    is_offered_to_patients = models.BooleanField(_("patients may ask for it"), default=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("visit type")
        verbose_name_plural = _("visit types")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.label


class Availability(models.Model):
    """A doctor's hours on one weekday, by the clinic's clock; a break is a gap between two rows."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    doctor = models.ForeignKey(Doctor, on_delete=models.PROTECT, related_name="availabilities")
    weekday = models.PositiveSmallIntegerField(_("day"), choices=Weekday)
    starts_at = models.TimeField(_("from"))
    ends_at = models.TimeField(_("to"))
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("weekly hours")
        verbose_name_plural = _("weekly hours")
        ordering = ["weekday", "starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="availability_ends_after_it_starts",
                violation_error_message=_("The end is not after the start."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts_at:%H:%M}-{self.ends_at:%H:%M}"


class AbsenceQuerySet(models.QuerySet["Absence"]):
    """Absences by who is away, and when."""

    def of(self, *doctors: Doctor) -> Self:
        """Return absences of these doctors and of the whole clinic."""
        return self.filter(models.Q(doctor__in=doctors) | models.Q(doctor=None))

    def between(self, starts_at: datetime, ends_at: datetime) -> Self:
        """Return absences that overlap a period."""
        return self.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)

    def coming(self) -> Self:
        """Return absences that are not over yet."""
        return self.filter(ends_at__gt=timezone.now())


class Absence(models.Model):
    """A time when a doctor, or the whole clinic, sees nobody: leave, a congress, a holiday."""

    # None: the clinic is closed, also for doctors who join later.
    doctor = models.ForeignKey(
        Doctor, on_delete=models.PROTECT, related_name="absences", null=True, blank=True
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))
    reason = OneLineField(_("reason"), max_length=120, blank=True)

    objects: ClassVar[AbsenceQuerySet] = AbsenceQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="absence_ends_after_it_starts",
                violation_error_message=_("The end is not after the start."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d}"

    @property
    def last_moment(self) -> datetime:
        """The last minute that belongs to it: of the day before if it ends at midnight."""
        return self.ends_at - timedelta(minutes=1)

    @property
    def is_whole_days(self) -> bool:
        """Return whether it lasts from midnight to midnight by the clinic's clock."""
        both = (timezone.localtime(self.starts_at), timezone.localtime(self.ends_at))
        return all(moment.time() == time.min for moment in both)
