from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext_lazy as _

from clinic.core.dates import REGION_ORDERS, Order
from clinic.core.files.bound import BoundFileField
from clinic.core.line_fields import OneLineField
from clinic.core.lists import END, LEFT_TO_RIGHT
from clinic.core.phones import PhoneField

# No law on patient records that we know of allows a shorter time; Spain requires five years.
LEAST_RETENTION_YEARS = 5
MOST_RETENTION_YEARS = 100
# The row inside `read_once`; nothing outlives a request.
_held: ContextVar[list["ClinicSettings"] | None] = ContextVar("clinic_settings", default=None)


def default_time_zone() -> str:
    """Return the environment's time zone, for a row that names none."""
    zone: str = settings.TIME_ZONE
    return zone


def default_date_order() -> str:
    """Return how dates are written in the clinic's region."""
    region: str = settings.PHONENUMBER_DEFAULT_REGION
    return REGION_ORDERS.get(region, Order.DAY_FIRST).value


def check_time_zone(name: str) -> None:
    """Refuse a time zone that the machine's tables do not have."""
    if name not in available_timezones():
        raise ValidationError(_("There is no time zone with this name."))


def check_languages(codes: object) -> None:
    """Refuse anything but a list of the site's languages."""
    known = dict(settings.LANGUAGES)
    if not isinstance(codes, list) or not all(code in known for code in codes):
        raise ValidationError(_("Choose from the languages of the site."))


class ClinicSettingsManager(models.Manager["ClinicSettings"]):
    """Access to the single row."""

    def current(self) -> "ClinicSettings":
        """Return the clinic's settings, or those of the environment before the first change."""
        held = _held.get()
        if held is None:
            return self._read()
        if not held:
            held.append(self._read())
        return held[0]

    @contextmanager
    def read_once(self) -> Iterator[None]:
        """Query the database at most once inside, for one request or one task."""
        token = _held.set([])
        try:
            yield
        finally:
            _held.reset(token)

    def forget(self) -> None:
        """Read the row again next time, because it has changed."""
        held = _held.get()
        if held:
            held.clear()

    def of_the_environment(self) -> "ClinicSettings":
        """Return the settings that apply before the clinic has changed any."""
        return ClinicSettings(
            name=settings.CLINIC_NAME,
            phone=settings.CLINIC_PHONE,
            address=settings.CLINIC_ADDRESS,
            slot_minutes=settings.CLINIC_SLOT_MINUTES,
            reminder_first_hours=settings.REMINDER_FIRST_HOURS,
            reminder_last_hours=settings.REMINDER_LAST_HOURS,
            time_zone=settings.TIME_ZONE,
        )

    def _read(self) -> "ClinicSettings":
        return self.first() or self.of_the_environment()


class ClinicSettings(models.Model):
    """The clinic's own settings: one row, or none before the first change."""

    class PortalBooking(models.TextChoices):
        OFF = "off", _("Patients call the clinic")
        REQUEST = "request", _("Patients request a time, and the desk books it")
        INSTANT = "instant", _("Patients book free times themselves")

    class DateOrder(models.TextChoices):
        DAY_FIRST = Order.DAY_FIRST.value, _("Day, month, year: 17/05/1980")
        MONTH_FIRST = Order.MONTH_FIRST.value, _("Month, day, year: 05/17/1980")
        YEAR_FIRST = Order.YEAR_FIRST.value, _("Year, month, day: 1980-05-17")

    class DiagnosisRelease(models.TextChoices):
        AT_ONCE = "at_once", _("As soon as the visit is signed")
        AFTER_CONVERSATION = "after_conversation", _("After the conversation with the doctor")

    name = OneLineField(_("name of the clinic"), max_length=120)
    address = OneLineField(_("address"), max_length=200, blank=True)
    phone: Any = PhoneField(_("phone"), blank=True)
    logo = BoundFileField(_("logo"), upload_to="clinic/", blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default=default_time_zone, validators=[check_time_zone]
    )
    date_order = models.CharField(
        _("order of dates"), max_length=3, choices=DateOrder, default=default_date_order
    )
    languages = models.JSONField(
        _("languages offered"), default=list, blank=True, validators=[check_languages]
    )
    slot_minutes = models.PositiveSmallIntegerField(
        _("minutes between start times"),
        default=15,
        validators=[MinValueValidator(5), MaxValueValidator(60)],
    )
    cancellation_notice_hours = models.PositiveSmallIntegerField(
        _("hours of notice before a patient’s own cancellation"),
        default=24,
        validators=[MaxValueValidator(168)],
    )
    reminder_first_hours = models.PositiveSmallIntegerField(
        _("hours before the visit when the first reminder is sent"),
        default=48,
        validators=[MaxValueValidator(336)],
    )
    reminder_last_hours = models.PositiveSmallIntegerField(
        _("hours before the visit when the last reminder is sent"),
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(168)],
    )
    portal_booking = models.CharField(
        _("booking by patients"),
        max_length=10,
        choices=PortalBooking,
        default=PortalBooking.REQUEST,
    )
    diagnosis_release = models.CharField(
        _("when patients read their diagnoses"),
        max_length=20,
        choices=DiagnosisRelease,
        default=DiagnosisRelease.AT_ONCE,
    )
    is_overbooking_allowed = models.BooleanField(
        _("the desk may book past full calendars, with a reason"), default=False
    )
    is_sign_up_open = models.BooleanField(_("patients may register themselves"), default=False)
    retention_years = models.PositiveSmallIntegerField(
        _("years that records are kept"),
        default=10,
        validators=[
            MinValueValidator(LEAST_RETENTION_YEARS),
            MaxValueValidator(MOST_RETENTION_YEARS),
        ],
    )
    version = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar[ClinicSettingsManager] = ClinicSettingsManager()

    class Meta:
        verbose_name = _("clinic settings")
        verbose_name_plural = _("clinic settings")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="clinic_settings_are_one_row"),
            models.CheckConstraint(
                condition=models.Q(reminder_first_hours__gt=models.F("reminder_last_hours")),
                name="clinic_settings_remind_first_before_last",
                violation_error_message=_("The first reminder must be sent before the last."),
            ),
            models.CheckConstraint(
                condition=models.Q(retention_years__gte=LEAST_RETENTION_YEARS),
                name="clinic_settings_keep_records_long_enough",
                violation_error_message=_("Records must be kept for at least five years."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def phone_in_words(self) -> str:
        """The number as people read it, or nothing."""
        number = str(self.phone)
        if self.phone and self.phone.is_valid():
            number = self.phone.as_international
        # In a sentence from right to left its groups would change places.
        return f"{LEFT_TO_RIGHT}{number}{END}" if number and get_language_bidi() else number

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the clinic's clock."""
        return ZoneInfo(self.time_zone)

    @property
    def offered_languages(self) -> Sequence[tuple[str, str | Promise]]:
        """The languages that people can choose; an empty choice offers all that the site has."""
        offered = [(code, name) for code, name in settings.LANGUAGES if code in self.languages]
        return offered or settings.LANGUAGES

    @property
    def cancellation_notice(self) -> timedelta:
        """How long before a visit patients may still cancel by themselves."""
        return timedelta(hours=self.cancellation_notice_hours)
