"""The data that the buttons for notifications send."""

from django import forms

from clinic.core.date_fields import MomentField


class ReadAllForm(forms.Form):
    """The moment when the list was loaded; everything up to then is marked as read."""

    until = MomentField(widget=forms.HiddenInput)
