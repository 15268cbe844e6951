from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.core.forms import allow_rows, moment_field
from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.permissions import visible_doctors
from clinic.scheduling.forms.fields import VisitTypeField
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.schedule import VisitType
from clinic.scheduling.permissions import bookable_doctors, bookable_patients


class VisitForm(forms.Form):
    """Which patient comes, and for what."""

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


class OverbookingForm(forms.Form):
    """Why somebody books where the doctor has no time."""

    overbooked_reason = forms.CharField(
        label=_("Reason for booking anyway"),
        max_length=200,
        required=False,
        help_text=_("It is kept with the visit. Nothing medical: the whole desk can read it."),
    )

    def clean_overbooked_reason(self) -> str:
        """Require a reason only where somebody books anyway."""
        if "overbook" not in self.data:
            return ""
        reason: str = self.cleaned_data["overbooked_reason"]
        if not reason:
            raise forms.ValidationError(_("Say in a few words why."))
        return reason


class BookingForm(VisitForm, OverbookingForm):
    """Which patient comes, to which doctor, when and for what."""

    doctor = forms.ModelChoiceField(
        label=_("Doctor"),
        queryset=Doctor.objects.none(),
        empty_label=_("Choose a doctor"),
        error_messages={"required": _("Choose a doctor.")},
    )
    starts_at = moment_field(_("Day and time"))
    is_urgent = forms.BooleanField(label=_("Urgent"), required=False)
    note = forms.CharField(
        label=_("Note for the desk"),
        max_length=200,
        required=False,
        help_text=_("Nothing medical: the whole desk reads it."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allow_rows(self.fields["patient"], bookable_patients(user))
        allow_rows(self.fields["doctor"], bookable_doctors(user))


class DoctorAndTimeForm(OverbookingForm):
    """When a known patient is seen, and by whom."""

    doctor = forms.ModelChoiceField(
        label=_("Doctor"),
        queryset=Doctor.objects.none(),
        # Never preselect the first doctor in place of one who no longer works here.
        empty_label=_("Choose a doctor"),
        error_messages={"required": _("Choose a doctor.")},
    )
    starts_at = moment_field(_("Day and time"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allow_rows(self.fields["doctor"], visible_doctors(user))


class RescheduleForm(DoctorAndTimeForm):
    """A new time for an appointment, with the same doctor or another."""

    starts_at = moment_field(_("New day and time"))
    reason = forms.CharField(
        label=_("Why"),
        max_length=200,
        required=False,
        help_text=_("Nothing medical: the whole desk reads it."),
    )


class MoveForm(forms.Form):
    """The new status of an appointment, and the reason."""

    # Rescheduling creates a second appointment, so it is more than a change of status.
    STATUSES = [
        (status.value, status.label)
        for status in Appointment.Status
        if status != Appointment.Status.RESCHEDULED
    ]

    status = forms.ChoiceField(choices=STATUSES)
    reason = forms.CharField(label=_("Why"), max_length=200, required=False)
