from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.core.forms import allow_rows
from clinic.people.models.doctor import Doctor
from clinic.people.models.user import User
from clinic.people.permissions import visible_doctors, visible_patients
from clinic.scheduling.forms.appointments import VisitForm


class WalkInForm(VisitForm):
    """Who has come without an appointment, for what, and how urgent it is."""

    doctor = forms.ModelChoiceField(
        label=_("Doctor"),
        queryset=Doctor.objects.none(),
        empty_label=_("Doctor with the shortest queue"),
        required=False,
        error_messages={"invalid_choice": _("Choose a doctor from the list.")},
    )
    is_urgent = forms.BooleanField(
        label=_("Urgent"),
        required=False,
        help_text=_("Goes ahead of everybody who is not urgent."),
    )
    note = forms.CharField(
        label=_("Reason, for the desk"),
        max_length=200,
        required=False,
        help_text=_("Nothing medical: the whole desk reads it."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allow_rows(self.fields["patient"], visible_patients(user))
        allow_rows(self.fields["doctor"], visible_doctors(user))
