from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.models import Availability, Doctor, User
from clinic.permissions import visible_doctors


class HoursForm(forms.ModelForm[Availability]):
    """Hours that a doctor works on one day of the week."""

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
            "starts_at": {"required": _("Say from when.")},
            "ends_at": {"required": _("Say until when.")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        weekday = self.fields["weekday"]
        assert isinstance(weekday, forms.TypedChoiceField)
        weekday.choices = Availability.Weekday.choices

    def _post_clean(self) -> None:
        """Leaves checks of the row to the service, which knows the other hours."""


class DayForm(forms.Form):
    """Which day of the desk to look at, of one doctor or of all."""

    date = forms.DateField(
        label=_("Day"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "data-autosubmit": True}),
    )
    doctor = forms.ModelChoiceField(
        label=_("Doctor"),
        queryset=Doctor.objects.none(),
        required=False,
        empty_label=_("All doctors"),
        widget=forms.Select(attrs={"data-autosubmit": True}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["doctor"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = visible_doctors(user)

    @property
    def all_doctors(self) -> list[Doctor]:
        """Every doctor that may be asked for."""
        field = self.fields["doctor"]
        assert isinstance(field, forms.ModelChoiceField)
        assert field.queryset is not None
        return list(field.queryset)
