from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.models import ErasureRequest


class ErasureForm(forms.Form):
    """What a patient says to the wish to be forgotten."""

    words = forms.CharField(
        label=_("Anything we should know"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class DecisionForm(forms.Form):
    """What becomes of a request, and why."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[("", _("Choose")), *ErasureRequest.Decision.choices],
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The patient reads it, and it is kept."),
        error_messages={"required": _("Say in a few words why.")},
    )
