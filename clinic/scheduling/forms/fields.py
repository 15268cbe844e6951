"""Form fields used by several forms."""

from django import forms
from django.utils.translation import gettext

from clinic.people.models.doctor import Doctor
from clinic.scheduling.models.schedule import VisitType


class VisitTypeField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A type of visit, shown with its name and duration."""

    def label_from_instance(self, obj: VisitType) -> str:
        """Return the label of one choice."""
        minutes = obj.duration_minutes
        return gettext("%(name)s (%(minutes)d minutes)") % {"name": obj, "minutes": minutes}


class DoctorField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A doctor, whose label says if the account is deactivated."""

    def label_from_instance(self, obj: Doctor) -> str:
        """Return the label of one choice."""
        return obj.desk_name
