"""The filters and the search of the audit trail."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.core.date_fields import DayField
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.trail.models.audit import AuditEvent


class AuditFilterForm(forms.Form):
    """Which events to show; patient and person are keys, so that addresses contain no names."""

    patient = forms.ModelChoiceField(
        queryset=Patient.objects.all(), required=False, widget=forms.HiddenInput
    )
    actor = forms.ModelChoiceField(
        queryset=User.objects.all(), required=False, widget=forms.HiddenInput
    )
    verb = forms.ChoiceField(
        label=_("Action"),
        required=False,
        choices=[("", _("All actions")), *AuditEvent.Verb.choices],
    )
    first_day = DayField(label=_("From"), required=False)
    last_day = DayField(label=_("Until"), required=False)

    def asked(self) -> dict[str, Any]:
        """Return the valid filters; others are left out."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class AuditSearchForm(forms.Form):
    """A patient by number or name, or a member of staff by name."""

    patient = forms.CharField(
        label=_("Patient"),
        required=False,
        max_length=150,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "placeholder": _("Number or name"),
                "autocomplete": "off",
            }
        ),
    )
    person = forms.CharField(
        label=_("Person"),
        required=False,
        max_length=150,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": _("Name or email"), "autocomplete": "off"}
        ),
    )
