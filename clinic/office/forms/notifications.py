"""What the buttons of the notifications send."""

from django import forms


class ReadAllForm(forms.Form):
    """Up to which moment everything counts as read: the one in which the list was drawn."""

    until = forms.DateTimeField(widget=forms.HiddenInput)
