from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.core.date_fields import DayField, DayInput
from clinic.core.forms import allow_rows, offer_rows
from clinic.people.models.doctor import Doctor
from clinic.people.models.user import User
from clinic.scheduling.forms.fields import DoctorField
from clinic.scheduling.permissions import visible_calendars

# A month's page shows six weeks at most, and nothing asks for more at once.
MAX_DAYS = 42


class CalendarView(models.TextChoices):
    """How much of the calendar a page shows."""

    DAY = "day", _("Day")
    WEEK = "week", _("Week")
    MONTH = "month", _("Month")


class DayForm(forms.Form):
    """Which day to show, for one doctor or all."""

    date = DayField(
        label=_("Day"),
        required=False,
        widget=DayInput(attrs={"data-autosubmit": True}),
    )
    doctor = DoctorField(
        label=_("Doctor"),
        queryset=Doctor.objects.none(),
        required=False,
        empty_label=_("All doctors"),
        widget=forms.Select(attrs={"data-autosubmit": True}),
    )

    def __init__(
        self, *args: Any, user: User, doctors: Sequence[Doctor] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        allow_rows(self.fields["doctor"], visible_calendars(user))
        if doctors is not None:
            chosen = self.initial.get("doctor")
            extra = [chosen] if chosen and chosen not in doctors else []
            offer_rows(self.fields["doctor"], [*doctors, *extra])


class CalendarForm(DayForm):
    """How much of the calendar to show, and from which day."""

    view = forms.ChoiceField(choices=CalendarView, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The booking dialog above the calendar has fields with the same names.
        self.auto_id = "calendar_%s"


class CalendarRangeForm(forms.Form):
    """The days that a calendar asks for, without the last one."""

    start = DayField()
    end = DayField()
    doctor = forms.ModelChoiceField(queryset=Doctor.objects.none(), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allow_rows(self.fields["doctor"], visible_calendars(user))

    def clean(self) -> dict[str, Any]:
        """Refuse days in the wrong order, and more days than a page shows."""
        start: date | None = self.cleaned_data.get("start")
        end: date | None = self.cleaned_data.get("end")
        if start and end and not timedelta(0) < end - start <= timedelta(days=MAX_DAYS):
            raise forms.ValidationError(_("Ask for at least one day and at most six weeks."))
        return self.cleaned_data
