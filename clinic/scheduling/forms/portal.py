"""Forms in which patients book, request or move appointments, and the desk's answers."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.date_fields import MomentField
from clinic.core.forms import allow_rows, clock_field, day_field
from clinic.people.models.doctor import Doctor
from clinic.people.models.user import User
from clinic.people.permissions import visible_doctors
from clinic.scheduling.forms.appointments import DoctorAndTimeForm
from clinic.scheduling.forms.fields import VisitTypeField
from clinic.scheduling.models.schedule import VisitType
from clinic.scheduling.models.wish import AppointmentRequest
from clinic.scheduling.services.portal_booking import Wish, last_offered_day, offered_visit_types


class PortalForm(forms.Form):
    """A type of visit and a doctor; the type is fixed when an appointment is moved."""

    visit_type = VisitTypeField(
        label=_("Type of visit"),
        queryset=VisitType.objects.none(),
        empty_label=None,
        error_messages={
            "required": _("Choose the type of visit."),
            "invalid_choice": _("For this type of visit please call us."),
        },
    )
    doctor = forms.ModelChoiceField(
        label=_("Doctor"),
        queryset=Doctor.objects.none(),
        required=False,
        empty_label=_("Any doctor"),
    )

    days: tuple[str, ...] = ()

    def __init__(self, *args: Any, user: User, is_move: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allow_rows(self.fields["visit_type"], offered_visit_types())
        allow_rows(self.fields["doctor"], visible_doctors(user))
        if is_move:
            del self.fields["visit_type"]
        today = timezone.localdate()
        for name in self.days:
            attrs = self.fields[name].widget.attrs
            attrs["min"] = today.isoformat()
            attrs["max"] = last_offered_day().isoformat()


class SlotSearchForm(PortalForm):
    """Where a patient looks for a free time."""

    day = day_field(_("Day"))
    days = ("day",)

    def clean_day(self) -> date:
        """Reject a day on which no time can be free."""
        day: date = self.cleaned_data["day"]
        if day < timezone.localdate():
            raise forms.ValidationError(_("This day is in the past."))
        if day > last_offered_day():
            raise forms.ValidationError(_("Choose a day within the next three months."))
        return day


class SlotForm(PortalForm):
    """The free time that a patient clicked."""

    starts_at = MomentField(error_messages={"invalid": _("This is not a valid day and time.")})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["doctor"].required = True


class WishForm(PortalForm):
    """When a patient would like to come."""

    first_day = day_field(_("Day"))
    time = clock_field(
        _("Time"),
        required=False,
        help_text=_("Leave it empty if any time suits you."),
        error_messages={"invalid": _("This is not a valid time.")},
    )
    last_day = day_field(
        _("Or any day up to"),
        required=False,
        help_text=_("The more days you offer, the sooner we can find a time."),
    )
    days = ("first_day", "last_day")

    def wish(self) -> Wish:
        """Return the argument of the service."""
        data = self.cleaned_data
        return Wish(
            first_day=data["first_day"],
            last_day=data["last_day"] or data["first_day"],
            at_time=data["time"],
            doctor=data["doctor"],
        )


class RequestBookingForm(DoctorAndTimeForm):
    """The doctor and time that the desk chooses for a request."""


class DeclineForm(forms.Form):
    """Why the desk declines a request, as a choice whose text goes into an email."""

    reason = forms.ChoiceField(
        label=_("Why"),
        choices=AppointmentRequest.DeclineReason,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose a reason. The patient gets it by email."),
            "invalid_choice": _("Choose a reason. The patient gets it by email."),
        },
    )
