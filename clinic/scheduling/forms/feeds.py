from django import forms

from clinic.scheduling.models.calendar_feed import CalendarFeed


class InitialsForm(forms.ModelForm[CalendarFeed]):
    """Whether a doctor's calendar program is told whose visit it is."""

    class Meta:
        model = CalendarFeed
        fields = ["shows_initials"]
