"""Ask for the password again before an action that opens other people's records."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.people.models.user import User


def own_password_field(*, required: bool = True, help_text: Any = "") -> forms.CharField:
    """Return the field in which a signed-in person types their password again."""
    return forms.CharField(
        label=_("Your password"),
        strip=False,
        max_length=200,
        required=required,
        help_text=help_text,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Type your own password to confirm that it is you.")},
    )


class AsksOwnPassword(forms.Form):
    """A form whose `password` field asks for the password of the person who is signed in."""

    user: User
    is_password_wrong = False

    def clean_password(self) -> str:
        """Refuse people who sit down at an open page without knowing the password."""
        if password := self.cleaned_data["password"]:
            self.check_own_password(password)
        return ""

    def check_own_password(self, password: str) -> None:
        """Refuse a password that is not the person's own, and note the failure."""
        if not self.user.check_password(password):
            self.is_password_wrong = True
            raise forms.ValidationError(_("This is not your password."))


class OwnPasswordForm(AsksOwnPassword):
    """Asks for the signed-in person's password and nothing else."""

    password = own_password_field()

    def __init__(self, data: object = None, *, user: User) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.user = user
