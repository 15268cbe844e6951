"""The forms of registration, step by step."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinic.core.date_fields import DayInput, birth_date_field
from clinic.core.digits import western
from clinic.core.forms import language_field, phone_field
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.services.sign_up import NewPatient


class SignUpForm(forms.Form):
    """The address that somebody claims."""

    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        help_text=_("You will sign in with it. We will send a code to it now."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class SignUpCodeForm(forms.Form):
    """The six digits from the email."""

    code = forms.RegexField(
        label=_("Code"),
        regex=r"^\d{6}$",
        strip=True,
        error_messages={"invalid": _("The code has six digits.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )

    def __init__(self, data: Any = None) -> None:
        if data is not None and "code" in data:
            # Email programs copy spaces along.
            data = data.copy()
            data["code"] = western("".join(data["code"].split()))
        super().__init__(data)


class SignUpDetailsForm(forms.Form):
    """Who somebody is, the password, and the consent to treatment."""

    full_name = forms.CharField(
        label=_("Full name"),
        max_length=150,
        help_text=_("As on your passport or identity card."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    birth_date = birth_date_field(
        widget=DayInput(attrs={"autocomplete": "bday"}, is_birth=True),
    )
    sex = forms.ChoiceField(
        label=_("Sex"), choices=Patient.Sex, initial=Patient.Sex.UNKNOWN, widget=forms.Select
    )
    phone = phone_field()
    language = language_field()
    record_code = forms.CharField(
        label=_("Code from the clinic"),
        max_length=20,
        required=False,
        help_text=_(
            "Have you been here before? The code is on the paper that your doctor gave you, and "
            "opens your record. Without it you register as a new patient."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    password1 = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("At least ten characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=_("The same password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    agrees_to_care = forms.BooleanField(
        label=_("I agree that the clinic keeps a record of my visits and treats me."),
        error_messages={"required": _("Without this consent the clinic cannot treat you.")},
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        """Require two equal passwords that are not easily guessed."""
        cleaned = super().clean() or self.cleaned_data
        password, again = cleaned.get("password1"), cleaned.get("password2")
        if not password or not again:
            return cleaned
        if password != again:
            self.add_error("password2", _("The two passwords do not match."))
            return cleaned
        user = User(email=self.email, full_name=cleaned.get("full_name", ""))
        try:
            validate_password(password, user)
        except ValidationError as error:
            self.add_error("password1", error)
        return cleaned

    def person(self) -> NewPatient:
        """Return the argument of the service."""
        data = self.cleaned_data
        return NewPatient(
            full_name=data["full_name"],
            birth_date=data["birth_date"],
            sex=data["sex"],
            phone=str(data["phone"]),
            language=data["language"],
            password=data["password1"],
            record_code=data["record_code"],
        )
