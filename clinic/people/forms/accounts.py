"""Forms for accounts: those of admins, and the profile."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Model, QuerySet
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from clinic.core.date_fields import birth_date_field
from clinic.core.files.pictures import ACCEPT
from clinic.core.files.portraits_and_logos import read_portrait
from clinic.core.forms import language_field, offer_languages, phone_field
from clinic.people.forms.own_password import AsksOwnPassword, own_password_field
from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.permissions import can_have_digest
from clinic.people.services.account_search import find_accounts
from clinic.people.services.accounts import IN_STATE, AccountChanges, AccountState, NewAccount
from clinic.trail.forms import SEEN, SeenForm
from clinic.trail.services.seen import Facts


class AccountFilterForm(forms.Form):
    """Which accounts a list shows."""

    role = forms.ChoiceField(
        label=_("Role"), required=False, choices=[("", _("All roles")), *User.Role.choices]
    )
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All states")), *AccountState.choices]
    )

    def narrow(self, accounts: QuerySet[User]) -> QuerySet[User]:
        """Keep the accounts that match the filters; an unknown filter value matches none."""
        if not self.is_valid():
            return accounts
        if role := self.cleaned_data["role"]:
            accounts = accounts.filter(role=role)
        if state := self.cleaned_data["state"]:
            accounts = accounts.filter(IN_STATE[AccountState(state)])
        return accounts


class AccountSearchForm(forms.Form):
    """Part of a name or an email address."""

    words = forms.CharField(
        label=_("Search"),
        max_length=150,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": _("Name or email"), "autocomplete": "off"}
        ),
    )

    def narrow(self, accounts: QuerySet[User]) -> QuerySet[User]:
        """Keep the accounts that match what was typed."""
        return find_accounts(among=accounts, text=self.cleaned_data["words"])


class DoctorFieldsMixin(forms.Form):
    """Fields that only a doctor's account has."""

    title = forms.CharField(
        label=_("Title"), required=False, max_length=20, initial="Dr", help_text=_("Dr, Prof.")
    )
    speciality = forms.CharField(label=_("Speciality"), required=False, max_length=80)
    licence_number = forms.CharField(label=_("Licence number"), required=False, max_length=40)

    doctor_fields = ("title", "speciality", "licence_number")


class AccountCreateForm(AsksOwnPassword, DoctorFieldsMixin):
    """One form for every role; fields of other roles are ignored."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=User.Role.choices,
        widget=forms.RadioSelect,
        help_text=_(
            "The role cannot be changed later, because everything a person does is recorded with "
            "it. For another role, create another account."
        ),
    )
    full_name = forms.CharField(label=_("Full name"), max_length=150)
    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        help_text=_("The person signs in with it. The link to set a password is sent there."),
    )
    phone = phone_field()
    language = language_field()
    birth_date = birth_date_field(
        error_messages={"required": _("A patient needs a date of birth.")}
    )
    record_number = forms.CharField(
        label=_("Record number"),
        required=False,
        max_length=20,
        help_text=_(
            "For a patient who is already registered. The name comes from the record, and the "
            "date of birth must match. Leave empty to register a new patient."
        ),
    )
    duplicate_reason = forms.CharField(
        label=_("Why this is a different person"),
        required=False,
        max_length=200,
        help_text=_("For example: twins, or a family that shares a phone."),
    )
    password = own_password_field()

    # Otherwise browsers would also require the fields of roles that are not chosen.
    use_required_attribute = False
    patient_fields = ("birth_date", "record_number", "duplicate_reason")

    def __init__(self, data: QueryDict | None = None, *, user: User) -> None:
        super().__init__(data)
        self.user = user

    def clean(self) -> dict[str, Any]:
        """Drop fields that the chosen role does not use, along with their errors."""
        cleaned = super().clean() or self.cleaned_data
        role = cleaned.get("role")
        if role != User.Role.PATIENT:
            self._forget(*self.patient_fields)
        if role != User.Role.DOCTOR:
            self._forget(*self.doctor_fields)
        return cleaned

    def _forget(self, *names: str) -> None:
        for name in names:
            self.errors.pop(name, None)
            self.cleaned_data.pop(name, None)

    def as_new_account(self) -> NewAccount:
        """Return the argument of the service."""
        said = {**self.cleaned_data, "phone": str(self.cleaned_data["phone"])}
        del said["password"]
        return NewAccount(**said)


class AccountEditForm(AsksOwnPassword, DoctorFieldsMixin, SeenForm):
    """Corrections to an account; the role and a patient’s name cannot be changed."""

    full_name = forms.CharField(label=_("Full name"), max_length=150)
    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        help_text=_(
            "The person signs in with it. Changing it invalidates the link sent to the old address."
        ),
    )
    phone = phone_field()
    language = language_field()
    password = own_password_field(
        required=False, help_text=_("Only needed to change the email address.")
    )

    def __init__(self, data: QueryDict | None = None, *, account: User, user: User) -> None:
        self.user, self.account = user, account
        facts = self.stored(account)
        super().__init__(data, initial=dict(facts))
        offer_languages(self.fields["language"], chosen=self.initial["language"])
        order = ["full_name", "email", "phone", "language", *self.doctor_fields, "password"]
        self.order_fields(order)
        for name in self.doctor_fields:
            if name not in facts:
                del self.fields[name]
        if Patient.objects.filter(user=account).exists():
            self.fields["full_name"].disabled = True
            self.fields["full_name"].help_text = _(
                "A patient’s name is changed in the patient’s record."
            )
        self.carry(account, facts)

    def stored(self, row: User) -> Facts:
        """Return what the clinic knows about the person; for a patient, from the record."""
        known = Patient.objects.filter(user=row).first() or row
        doctor = Doctor.objects.filter(user=row).first()
        return {
            **{name: getattr(row, name) for name in ("full_name", "email")},
            **{name: getattr(known, name) for name in ("phone", "language")},
            **{name: getattr(doctor, name) for name in self.doctor_fields if doctor},
        }

    def rows_of(self, row: User) -> list[Model]:
        """Return the account, and the record where it belongs to a patient."""
        return [row, *Patient.objects.filter(user=row)]

    def clean(self) -> dict[str, Any]:
        """Ask admins for their password where the address changes, because it opens the account."""
        said = super().clean() or self.cleaned_data
        is_new = said.get("email", self.account.email).lower() != self.account.email
        if is_new and not self.data.get("password"):
            self.add_error("password", self.fields["password"].error_messages["required"])
        return said

    def as_changes(self) -> AccountChanges:
        """Return the argument of the service."""
        others = (SEEN, "password")
        values = {name: str(said) for name, said in self.cleaned_data.items() if name not in others}
        return AccountChanges(**values)


class PortraitForm(forms.Form):
    """The photograph of one account."""

    photograph = forms.FileField(
        label=_("Photograph"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
        help_text=_(
            "JPEG, PNG, WebP or HEIC, up to 5 MB. It is cropped to a square around the centre."
        ),
    )
    removes_photograph = forms.BooleanField(label=_("Remove the photograph"), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not user.photograph:
            del self.fields["removes_photograph"]

    def clean_photograph(self) -> bytes | None:
        """Return the portrait to store instead of the uploaded file."""
        upload = self.cleaned_data["photograph"]
        return read_portrait(upload) if upload else None


class ProfileForm(SeenForm, PortraitForm):
    """What people can change in their own account."""

    phone = phone_field()
    language = language_field()
    wants_digest = forms.BooleanField(
        label=_("Email me each morning about unread notifications"),
        required=False,
        help_text=_("The number of unread notifications, without names."),
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        files: "MultiValueDict[str, UploadedFile[bytes]] | None" = None,
        *,
        user: User,
    ) -> None:
        facts = self.stored(user)
        super().__init__(data, files, user=user, initial=dict(facts))
        offer_languages(self.fields["language"], chosen=self.initial["language"])
        if not can_have_digest(user):
            del self.fields["wants_digest"]
        self.carry(user, facts)

    def stored(self, row: User) -> Facts:
        """Return what the person can change; for a patient, from the record."""
        known = Patient.objects.filter(user=row).first() or row
        facts = {"phone": known.phone, "language": known.language}
        return facts | {"wants_digest": row.wants_digest}

    def rows_of(self, row: User) -> list[Model]:
        """Return the account, and the record where it belongs to a patient."""
        return [row, *Patient.objects.filter(user=row)]
