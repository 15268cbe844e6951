from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.people.forms.own_password import AsksOwnPassword, own_password_field
from clinic.people.models.erasure import ErasureRequest
from clinic.people.models.user import User


class ErasureForm(forms.Form):
    """What a patient adds to a request for erasure."""

    words = forms.CharField(
        label=_("Anything we should know"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class DecisionForm(AsksOwnPassword):
    """The decision on a request and its reason; granting needs the admin's password."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[("", _("Choose")), *ErasureRequest.Decision.choices],
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The patient can read it, and it is kept."),
        error_messages={"required": _("Say in a few words why.")},
    )
    password = own_password_field(required=False, help_text=_("Needed only to grant the request."))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        """Require the password if something will be removed for ever."""
        said = super().clean() or {}
        is_granted = said.get("decision") == ErasureRequest.Decision.GRANTED
        if is_granted and not self.data.get("password"):
            self.add_error("password", self.fields["password"].error_messages["required"])
        return said
