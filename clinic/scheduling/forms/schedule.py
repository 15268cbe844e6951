from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.core.forms import TranslatedNames, clock_field, names_of
from clinic.people.models.doctor import Doctor
from clinic.scheduling.models.schedule import Availability, VisitType
from clinic.trail.forms import SeenForm
from clinic.trail.services.seen import Facts


class HoursForm(forms.ModelForm[Availability]):
    """Hours that a doctor works on one day of the week, with or without a break."""

    break_from = clock_field(_("Break from"), required=False)
    break_until = clock_field(_("Break until"), required=False)
    field_order = ("weekday", "starts_at", "ends_at", "break_from", "break_until")

    class Meta:
        model = Availability
        fields = ("weekday", "starts_at", "ends_at", "valid_from", "valid_until")
        widgets = {
            "starts_at": forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
            "ends_at": forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
            "valid_from": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "valid_until": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        }
        error_messages: ClassVar[dict[str, Any]] = {
            "starts_at": {"required": _("Say when it starts.")},
            "ends_at": {"required": _("Say when it ends.")},
        }

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

    def _post_clean(self) -> None:
        """Leave checks of the row to the service, which knows the other hours."""


class BufferForm(SeenForm, forms.ModelForm[Doctor]):
    """How long a doctor wants to breathe between two visits."""

    class Meta:
        model = Doctor
        fields = ("buffer_minutes",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.carry(self.instance)

    def _post_clean(self) -> None:
        """Leave checks of the row to the service."""


class VisitTypeForm(TranslatedNames, SeenForm, forms.ModelForm[VisitType]):
    """A kind of visit: what it is called, how long it takes and who may choose it."""

    def __init__(self, *args: Any, entry: VisitType | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ask_for_names(entry)
        # The names stand together, the other choices after them.
        first = next(iter(self.fields))
        self.order_fields([first, *(name for name in self.fields if name.startswith("name_"))])
        if entry:
            self.carry(entry)

    def stored(self, row: VisitType) -> Facts:
        """Return what is said of a kind of visit."""
        return {**{name: getattr(row, name) for name in self.Meta.fields}, **names_of(row)}

    @property
    def facts(self) -> dict[str, Any]:
        """What the service stores."""
        facts = {name: self.cleaned_data[name] for name in self.Meta.fields}
        return facts | {"translations": self.translations}

    class Meta:
        model = VisitType
        fields = ("name", "duration_minutes", "is_active", "is_offered_to_patients")
        help_texts: ClassVar[dict[str, Any]] = {
            "duration_minutes": _("Existing bookings keep their length."),
            "is_active": _("If not offered, it can no longer be booked."),
            "is_offered_to_patients": _("In the portal, if the clinic offers times there."),
        }

    def _post_clean(self) -> None:
        """Leave checks of the row to the service, which knows the other types."""
