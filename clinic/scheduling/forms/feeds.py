from django import forms

from clinic.scheduling.models.calendar_feed import CalendarFeed


class InitialsForm(forms.ModelForm[CalendarFeed]):
    """Whether a doctor's calendar program shows the patients' initials."""

    class Meta:
        model = CalendarFeed
        fields = ["shows_initials"]
