from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.core.forms import clock_field, day_field
from clinic.people.models.doctor import Doctor
from clinic.people.models.user import User
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.permissions import calendars_for_leave, can_manage_schedule
from clinic.scheduling.services.absences import Decision
from clinic.scheduling.services.slots import Slot

CLINIC = "clinic"
KEEP = "keep"
CANCEL = "cancel"


class AbsenceForm(forms.Form):
    """Who is away and when; whole days unless a time is given."""

    who = forms.ChoiceField(
        label=_("Who"),
        error_messages={
            "required": _("Choose who is away."),
            "invalid_choice": _("Choose who is away."),
        },
    )
    first_day = day_field(_("First day"))
    last_day = day_field(
        _("Last day"), required=False, help_text=_("Leave empty for a single day.")
    )
    from_time = clock_field(
        _("From"), required=False, help_text=_("On the first day. Leave empty for the whole day.")
    )
    until_time = clock_field(
        _("Until"), required=False, help_text=_("On the last day. Leave empty for the whole day.")
    )
    reason = forms.CharField(
        label=_("Why"),
        max_length=120,
        required=False,
        help_text=_("For example leave or a congress. The whole desk can read it."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._doctors = {str(doctor.pk): doctor for doctor in calendars_for_leave(user)}
        who = self.fields["who"]
        assert isinstance(who, forms.ChoiceField)
        if can_manage_schedule(user):
            who.choices = [
                ("", _("Choose who is away")),
                *((key, doctor.desk_name) for key, doctor in self._doctors.items()),
                (CLINIC, _("The whole clinic")),
            ]
        else:
            who.choices = [(key, str(doctor)) for key, doctor in self._doctors.items()]

    def clean(self) -> dict[str, Any]:
        """Combine days and times into moments, and reject an end that is not after the start."""
        known = super().clean() or {}
        if self.errors:
            return known
        first, last = known["first_day"], known["last_day"] or known["first_day"]
        until = known["until_time"]
        if last < first:
            self.add_error("last_day", _("The last day is before the first."))
            return known
        if last == first and until and until <= (known["from_time"] or time.min):
            self.add_error("until_time", _("The end is not after the start."))
            return known
        if not until:
            last += timedelta(days=1)
        starts = datetime.combine(first, known["from_time"] or time.min)
        ends = datetime.combine(last, until or time.min)
        return known | {
            "starts_at": timezone.make_aware(starts),
            "ends_at": timezone.make_aware(ends),
        }

    def planned(self) -> dict[str, Any]:
        """Return the absence as keyword arguments of the service, once the form is valid."""
        names = ("starts_at", "ends_at", "reason")
        doctor = self._doctors.get(self.cleaned_data["who"])
        return {"doctor": doctor, **{name: self.cleaned_data[name] for name in names}}


class DecisionsForm(forms.Form):
    """What to do with each visit that falls within an absence."""

    cancel_reason = forms.CharField(
        label=_("Reason for the cancellations"),
        max_length=200,
        required=False,
        help_text=_("Needed if a visit is cancelled. Nothing medical: the whole desk can read it."),
    )

    def __init__(
        self,
        *args: Any,
        visits: Sequence[Appointment],
        proposals: Mapping[UUID, Sequence[Slot]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._slots = {pk: {slot.key: slot for slot in slots} for pk, slots in proposals.items()}
        self._visits = visits
        for visit in visits:
            choices = self._choices(visit)
            self.fields[field_name(visit)] = forms.ChoiceField(
                label=visit.patient.full_name,
                choices=choices,
                initial=choices[0][0],
                error_messages={
                    "invalid_choice": _("This time is not available. Here is another."),
                },
            )

    @property
    def rows(self) -> list[tuple[Appointment, forms.BoundField]]:
        """Each visit with its form field."""
        return [(visit, self[field_name(visit)]) for visit in self._visits]

    def clean_cancel_reason(self) -> str:
        """Require a reason if any visit is cancelled."""
        reason: str = self.cleaned_data["cancel_reason"].strip()
        is_cancelling = any(self.data.get(field_name(visit)) == CANCEL for visit in self._visits)
        if is_cancelling and not reason:
            raise forms.ValidationError(_("Say in a few words why."))
        return reason

    def decisions(self) -> dict[UUID, Decision]:
        """Return the choices as the argument of the service, once the form is valid."""
        taken = {visit.pk: self.cleaned_data[field_name(visit)] for visit in self._visits}
        return {
            pk: Decision(slot=self._slots[pk].get(choice), is_cancelled=choice == CANCEL)
            for pk, choice in taken.items()
        }

    def _choices(self, visit: Appointment) -> list[tuple[str, str]]:
        slots = self._slots[visit.pk].values()
        return [
            *((slot.key, _slot_words(slot)) for slot in slots),
            (KEEP, gettext("Keep the visit")),
            (CANCEL, gettext("Cancel the visit")),
        ]


def field_name(visit: Appointment) -> str:
    """Return the name of a visit's form field."""
    return f"visit-{visit.pk}"


def read_slot(choice: str, visit: Appointment, doctors: Mapping[str, Doctor]) -> Slot | None:
    """Return the slot that a choice stands for, if it is one."""
    doctor_key, _slash, moment = choice.partition("/")
    doctor = doctors.get(doctor_key)
    try:
        starts_at = parse_datetime(moment)
    except ValueError:
        return None
    if doctor is None or starts_at is None or timezone.is_naive(starts_at):
        return None
    return Slot(doctor, starts_at, starts_at + (visit.ends_at - visit.starts_at))


def _slot_words(slot: Slot) -> str:
    return gettext("Move to %(when)s, %(doctor)s") % {
        "when": date_format(timezone.localtime(slot.starts_at), "WEEKDAY_TIME_FORMAT"),
        "doctor": slot.doctor,
    }
