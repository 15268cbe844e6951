"""Fields that several forms ask for, and the rows that they offer."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Model, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.scheduling.models.schedule import Doctor, VisitType


class VisitTypeField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A type of visit by its name and how long it takes."""

    def label_from_instance(self, obj: VisitType) -> str:
        """The words of one choice."""
        minutes = obj.duration_minutes
        return gettext("%(name)s (%(minutes)d minutes)") % {"name": obj, "minutes": minutes}


class DoctorField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A doctor, whose name says where the account is deactivated."""

    def label_from_instance(self, obj: Doctor) -> str:
        """Return the words of one choice."""
        return obj.desk_name


def day_field(label: Any, **options: Any) -> forms.DateField:
    """A day of the clinic's calendar."""
    return forms.DateField(
        label=label,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": _("Choose a day."), "invalid": _("This is not a day.")},
        **options,
    )


def clock_field(label: Any, **options: Any) -> forms.TimeField:
    """A time by the clinic's clock."""
    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    return forms.TimeField(label=label, widget=widget, **options)


def moment_field(label: Any) -> forms.DateTimeField:
    """A day and a time by the clinic's clock."""
    return forms.DateTimeField(
        label=label,
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        error_messages={
            "required": _("Choose a day and a time."),
            "invalid": _("This is not a day and a time."),
        },
    )


def allow_rows(field: forms.Field, rows: QuerySet[Any]) -> None:
    """Makes a field offer these rows and take no other."""
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows


def offer_rows(field: forms.Field, rows: Iterable[Model]) -> None:
    """Makes a field draw rows that were read already; what comes back is checked as before."""
    assert isinstance(field, forms.ModelChoiceField)
    choices: list[tuple[Any, str]] = [
        (field.prepare_value(row), field.label_from_instance(row)) for row in rows
    ]
    if field.empty_label is not None:
        choices.insert(0, ("", str(field.empty_label)))
    field.choices = choices
