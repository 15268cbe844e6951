"""The one field for a date: typed as people write it, echoed in words, or picked in a calendar."""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import from_current_timezone
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.core.ages import age_in_words
from clinic.core.dates import Order, possible_dates, shown
from clinic.core.days import within_reason
from clinic.core.digits import western
from clinic.core.lists import listed
from clinic.core.long_dates import written_out
from clinic.core.models.clinic_settings import ClinicSettings
from clinic.core.plain_text import visible_line

LONGEST = 40
# What a script or an address sends, which may name a time zone.
ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}[T ]")
MOMENT = re.compile(r"(?P<day>.+?)[\sT,،]+(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?::\d{2})?")
EXAMPLE = date(1980, 5, 17)


def clinic_order() -> Order:
    """Return the order in which this clinic writes dates."""
    return Order(ClinicSettings.objects.current().date_order)


def read_date(text: str, *, is_birth: bool = False) -> date:
    """Return the day that a text means, or say why it is none or more than one."""
    days = possible_dates(
        text[:LONGEST], order=clinic_order(), today=timezone.localdate(), is_birth=is_birth
    )
    if len(days) == 1:
        return days[0]
    if days:
        raise ValidationError(
            _("Is it %(one)s or %(other)s? Write the month in letters and the whole year."),
            code="ambiguous",
            params={"one": date_format(days[0]), "other": date_format(days[1])},
        )
    words = (
        _("This is not a valid date. Write it like %(figures)s or %(words)s.")
        if is_birth
        else _("This is not a valid day. Write it like %(figures)s or %(words)s.")
    )
    example = {"figures": shown(EXAMPLE, clinic_order()), "words": date_format(EXAMPLE)}
    raise ValidationError(words, code="invalid", params=example)


def read_moment(text: str) -> datetime:
    """Return the day and time by the clinic's clock that a text means, or say why it is none."""
    typed = western(visible_line(text)).strip()
    found = MOMENT.fullmatch(typed)
    try:
        clock = time(int(found["hour"]), int(found["minute"])) if found else None
    except ValueError:
        clock = None
    if found is None or clock is None:
        raise ValidationError(_("This is not a valid day and time."), code="invalid")
    return datetime.combine(read_date(found["day"]), clock)


def moment_in_words(moment: datetime) -> str:
    """Return a day and time as it is read back."""
    return listed([date_in_words(moment.date()), f"{moment:%H:%M}"])


def date_in_words(day: date, *, is_birth: bool = False) -> str:
    """Return a date as it is read back: with the age, or with the day of the week."""
    if is_birth:
        words = {"day": date_format(day), "age": age_in_words(day)}
        return gettext("%(day)s, %(age)s old") % words if words["age"] else words["day"]
    return written_out(day, "WEEKDAY_DATE_FORMAT")


class DayInput(forms.DateInput):
    """An input for a date, with its echo and a button that opens the browser's calendar."""

    template_name = "widgets/day.html"
    native_type = "date"

    def __init__(self, attrs: Any = None, *, is_birth: bool = False) -> None:
        super().__init__(attrs)
        self.is_birth = is_birth

    def format_value(self, value: Any) -> str | None:
        """Return the date in the clinic's order; what could not be read stays as it was typed."""
        if isinstance(value, date):
            return shown(value, clinic_order())
        return str(value) if value else None

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Return what the template shows."""
        attrs = {"autocomplete": "off", "dir": "auto", **(attrs or {})}
        context: dict[str, Any] = super().get_context(name, value, attrs)
        native, words = self.read_back(value)
        context["widget"] |= {
            "type": "text",
            "is_birth": self.is_birth,
            "native_type": self.native_type,
            "native": native,
            "words": words,
        }
        return context

    def read_back(self, value: Any) -> tuple[str, str]:
        """Return the value for the browser's own field, and in words."""
        day = value if isinstance(value, date) else _known(str(value or ""), self.is_birth)
        return (day.isoformat(), date_in_words(day, is_birth=self.is_birth)) if day else ("", "")


class MomentInput(DayInput):
    """An input for a day and a time on one line."""

    native_type = "datetime-local"

    def format_value(self, value: Any) -> str | None:
        """Return the moment in the clinic's order; what could not be read stays as typed."""
        value = _as_moment(value)
        if isinstance(value, datetime):
            return f"{shown(value.date(), clinic_order())} {value:%H:%M}"
        return super().format_value(value)

    def read_back(self, value: Any) -> tuple[str, str]:
        """Return the value for the browser's own field, and in words."""
        value = _as_moment(value)
        try:
            moment = value if isinstance(value, datetime) else read_moment(str(value or ""))
        except ValidationError:
            return "", ""
        return f"{moment:%Y-%m-%dT%H:%M}", moment_in_words(moment)


class DayField(forms.DateField):
    """A date, typed in the clinic's order, with the name of the month, or in digits alone."""

    widget = DayInput

    def __init__(self, *, is_birth: bool = False, **options: Any) -> None:
        options.setdefault("widget", DayInput(is_birth=is_birth))
        # What is wrong with the year of a birth, the service says.
        if not is_birth:
            options["validators"] = [*options.get("validators", ()), within_reason]
        super().__init__(**options)
        self.is_birth = is_birth

    def to_python(self, value: Any) -> date | None:
        """Return the typed day."""
        if value in self.empty_values or isinstance(value, date):
            return super().to_python(value)
        if not str(value).strip():
            return None
        return read_date(str(value), is_birth=self.is_birth)

    def prepare_value(self, value: Any) -> Any:
        """Show a stored day in the clinic's order, and what was typed as it was."""
        return shown(value, clinic_order()) if isinstance(value, date) else value


class MomentField(forms.DateTimeField):
    """A day and a time by the clinic's clock, the day typed as in a field for a date."""

    default_validators: list[Callable[[Any], None]] = [within_reason]

    def to_python(self, value: Any) -> datetime | None:
        """Return the typed moment."""
        if not isinstance(value, str) or not value.strip() or ISO.match(value.strip()):
            return super().to_python(value.strip() if isinstance(value, str) else value)
        moment: datetime = from_current_timezone(read_moment(value))
        return moment


def birth_date_field(**options: Any) -> DayField:
    """Return a field for a date of birth."""
    options.setdefault("label", _("Date of birth"))
    return DayField(is_birth=True, **options)


def _as_moment(value: Any) -> Any:
    """Return what a free time or a picker sent as a moment by the clinic's clock."""
    try:
        moment = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return value
    if moment is None:
        return value
    return moment if timezone.is_naive(moment) else timezone.localtime(moment)


def _known(text: str, is_birth: bool) -> date | None:
    try:
        return read_date(text, is_birth=is_birth) if text.strip() else None
    except ValidationError:
        return None
