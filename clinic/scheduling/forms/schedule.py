from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from clinic.core.date_fields import DayField
from clinic.core.forms import TranslatedNames, clock_field, field_of, names_of
from clinic.people.models.doctor import Doctor
from clinic.scheduling.models.schedule import Availability, VisitType
from clinic.scheduling.services.visit_types import VisitOffer
from clinic.scheduling.services.weekly_hours import WeeklyHours
from clinic.trail.forms import SeenForm
from clinic.trail.services.seen import Facts

CLOCK = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
HOURS_FIELDS = ("weekday", "starts_at", "ends_at", "valid_from", "valid_until")
VISIT_TYPE_FIELDS = ("name", "duration_minutes", "is_active", "is_offered_to_patients")


class HoursForm(forms.Form):
    """A doctor's working hours on one weekday, with or without a break."""

    weekday = field_of(Availability, "weekday")
    starts_at = field_of(
        Availability,
        "starts_at",
        widget=CLOCK,
        error_messages={"required": _("Say when it starts.")},
    )
    ends_at = field_of(
        Availability,
        "ends_at",
        widget=CLOCK,
        error_messages={"required": _("Say when it ends.")},
    )
    break_from = clock_field(_("Break from"), required=False)
    break_until = clock_field(_("Break until"), required=False)
    valid_from = field_of(Availability, "valid_from", form_class=DayField)
    valid_until = field_of(Availability, "valid_until", form_class=DayField)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        weekday = self.fields["weekday"]
        assert isinstance(weekday, forms.TypedChoiceField)
        weekday.choices = Availability.Weekday.choices

    def clean(self) -> dict[str, Any]:
        """Require both ends of a break, or neither."""
        super().clean()
        pair = ("break_from", "break_until")
        given = [name for name in pair if self.cleaned_data.get(name)]
        for name in pair:
            if given and name not in given and name not in self.errors:
                self.add_error(name, _("A break needs a start and an end."))
            if not given:
                self.cleaned_data.pop(name, None)
        return self.cleaned_data

    @property
    def hours(self) -> WeeklyHours:
        """Return the hours, not yet split by the break."""
        return WeeklyHours(**{name: self.cleaned_data[name] for name in HOURS_FIELDS})


class BufferForm(SeenForm, forms.Form):
    """How many minutes a doctor keeps free between two visits."""

    buffer_minutes = field_of(Doctor, "buffer_minutes")

    def __init__(self, data: QueryDict | None = None, *, doctor: Doctor) -> None:
        super().__init__(data, initial=dict(self.stored(doctor)))
        self.carry(doctor)


class VisitTypeForm(TranslatedNames, SeenForm, forms.Form):
    """A type of visit: its name, its duration and who may choose it."""

    name = field_of(VisitType, "name")
    duration_minutes = field_of(
        VisitType, "duration_minutes", help_text=_("Existing bookings keep their length.")
    )
    is_active = field_of(
        VisitType, "is_active", help_text=_("If not offered, it can no longer be booked.")
    )
    is_offered_to_patients = field_of(
        VisitType,
        "is_offered_to_patients",
        help_text=_("In the portal, if the clinic offers times there."),
    )

    def __init__(self, *args: Any, entry: VisitType | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ask_for_names(entry)
        # The names come together, then the other choices.
        first = next(iter(self.fields))
        self.order_fields([first, *(name for name in self.fields if name.startswith("name_"))])
        if entry:
            self.carry(entry)

    def stored(self, row: VisitType) -> Facts:
        """Return the facts of a type of visit."""
        return {**{name: getattr(row, name) for name in VISIT_TYPE_FIELDS}, **names_of(row)}

    @property
    def offer(self) -> VisitOffer:
        """Return the argument of the service."""
        said = {name: self.cleaned_data[name] for name in VISIT_TYPE_FIELDS}
        return VisitOffer(**said, translations=self.translations)
