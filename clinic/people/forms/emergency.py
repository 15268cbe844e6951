"""Forms for emergency access: the doctor's to open a record, and the admin's review."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.core.date_fields import birth_date_field
from clinic.people.forms.own_password import AsksOwnPassword, own_password_field
from clinic.people.models.emergency import EmergencyAccess
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.services.emergency import MIN_REASON, find_exactly


class EmergencyForm(AsksOwnPassword):
    """Exactly one patient, a reason and the doctor’s password."""

    record_number = forms.CharField(
        label=_("Record number"),
        required=False,
        max_length=20,
        help_text=_("Or full name and date of birth below."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    full_name = forms.CharField(
        label=_("Full name"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    birth_date = birth_date_field(required=False)
    reason = forms.CharField(
        label=_("Why you need this record now"),
        min_length=MIN_REASON,
        max_length=500,
        help_text=_("An admin reviews it within 72 hours."),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"min_length": _("Say in a sentence why.")},
    )
    password = own_password_field()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.patient: Patient | None = None

    def clean(self) -> dict[str, Any]:
        """Find the patient only once everything else is right, so that nobody can try out names."""
        said = super().clean() or {}
        if not said.get("record_number") and not (said.get("full_name") and said.get("birth_date")):
            self.add_error(
                "record_number", _("Give the record number, or full name and date of birth.")
            )
        if not self.errors:
            self.patient = find_exactly(
                record_number=said["record_number"],
                full_name=said["full_name"],
                birth_date=said["birth_date"],
            )
            if self.patient is None:
                self.add_error("record_number", _("No patient, or more than one, matches this."))
        return said


class EmergencyReviewForm(forms.Form):
    """An admin's verdict on an emergency access."""

    verdict = forms.ChoiceField(
        label=_("Verdict"),
        choices=EmergencyAccess.Verdict.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the two.")},
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=500,
        help_text=_("Who you asked, and what you found out."),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say in a few words what you found.")},
    )
