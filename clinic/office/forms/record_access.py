"""The form with which patients open their record."""

from django import forms
from django.utils.translation import gettext_lazy as _


class RecordCodeForm(forms.Form):
    """The code on the paper that the doctor handed out."""

    code = forms.CharField(
        label=_("Code from the paper"),
        max_length=20,
        help_text=_(
            "Ten letters and digits, such as ABCDE-FGH34. Capitals and dashes do not matter."
        ),
        error_messages={"required": _("Type the code from the paper.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
