from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms.appointments import VisitTypeField
from clinic.models import Doctor, Patient, User, VisitType
from clinic.permissions import visible_doctors, visible_patients


class WalkInForm(forms.Form):
    """Who has come without an appointment, what for, and whether it can wait."""

    patient = forms.ModelChoiceField(
        label=_("Patient"),
        queryset=Patient.objects.none(),
        widget=forms.HiddenInput,
        error_messages={
            "required": _("Choose a patient."),
            "invalid_choice": _("This patient is not in the register. Choose one from the list."),
        },
    )
    visit_type = VisitTypeField(
        label=_("Type of visit"),
        queryset=VisitType.objects.filter(is_active=True),
        empty_label=None,
        error_messages={"required": _("Choose the type of visit.")},
    )
    doctor = forms.ModelChoiceField(
        label=_("Doctor"),
        queryset=Doctor.objects.none(),
        empty_label=_("Whoever has the shortest queue"),
        required=False,
        error_messages={"invalid_choice": _("Choose a doctor from the list.")},
    )
    is_urgent = forms.BooleanField(
        label=_("Urgent"),
        required=False,
        help_text=_("Goes before everybody who is not urgent."),
    )
    note = forms.CharField(
        label=_("Reason, for the desk"),
        max_length=200,
        required=False,
        help_text=_("Nothing medical: the whole desk reads it."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (
            ("patient", visible_patients(user)),
            ("doctor", visible_doctors(user)),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows
