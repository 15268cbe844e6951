"""Fields that several forms ask for, and the rows that they offer."""

from django import forms
from django.utils.translation import gettext

from clinic.people.models.doctor import Doctor
from clinic.scheduling.models.schedule import VisitType


class VisitTypeField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A type of visit by its name and how long it takes."""

    def label_from_instance(self, obj: VisitType) -> str:
        """Return the words of one choice."""
        minutes = obj.duration_minutes
        return gettext("%(name)s (%(minutes)d minutes)") % {"name": obj, "minutes": minutes}


class DoctorField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A doctor, whose name says where the account is deactivated."""

    def label_from_instance(self, obj: Doctor) -> str:
        """Return the words of one choice."""
        return obj.desk_name
