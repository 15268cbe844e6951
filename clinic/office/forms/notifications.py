"""The data that the buttons for notifications send."""

from django import forms


class ReadAllForm(forms.Form):
    """The moment when the list was loaded; everything up to then is marked as read."""

    until = forms.DateTimeField(widget=forms.HiddenInput)
