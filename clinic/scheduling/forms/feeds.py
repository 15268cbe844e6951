from django import forms

from clinic.models import CalendarFeed


class InitialsForm(forms.ModelForm[CalendarFeed]):
    """Whether a doctor's calendar program is told whose visit it is."""

    class Meta:
        model = CalendarFeed
        fields = ["shows_initials"]
