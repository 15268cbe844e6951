import re
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from clinic.core.date_fields import DayField
from clinic.core.forms import field_of, first_language, offer_languages, phone_field
from clinic.people.models.consent import Consent
from clinic.people.models.patient import Patient
from clinic.trail.forms import SEEN, SeenForm

IDENTITY_FIELDS: tuple[str, ...] = (
    "full_name",
    "preferred_name",
    "birth_date",
    "sex",
    "phone",
    "email",
    "language",
    "emergency_contact",
    "insurer",
    "national_id",
)
# Ways that staff can witness; they cannot choose the portal's.
STAFF_METHODS = [
    (method.value, method.label) for method in (Consent.Method.PAPER, Consent.Method.SPOKEN)
]


# The reason, where a correction makes a patient resemble somebody, and who was shown then.
NEW_REASON = "new_reason"
TOLD_APART = "told_apart"
UUID_PATTERN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def reason_field() -> forms.CharField:
    """Return a field for why somebody is not the similar person in the register."""
    return forms.CharField(
        label=_("Why this is a different person"),
        max_length=200,
        required=False,
        help_text=_("For example: twins, or a phone shared in the family."),
    )


class PatientForm(forms.Form):
    """Who a patient is and how to reach them; nothing medical."""

    full_name = field_of(
        Patient, "full_name", error_messages={"required": _("Write the patient’s name.")}
    )
    preferred_name = field_of(
        Patient, "preferred_name", help_text=_("The name the patient prefers.")
    )
    birth_date = field_of(
        Patient,
        "birth_date",
        form_class=DayField,
        is_birth=True,
        error_messages={"required": _("Write the date of birth.")},
    )
    sex = field_of(Patient, "sex")
    phone = phone_field()
    email = field_of(Patient, "email")
    language = field_of(Patient, "language")
    emergency_contact = field_of(
        Patient, "emergency_contact", help_text=_("Name and phone of a person to call.")
    )
    insurer = field_of(Patient, "insurer")
    national_id = field_of(Patient, "national_id")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("language", first_language())
        offer_languages(self.fields["language"], chosen=self.initial["language"])


class CorrectionForm(SeenForm, PatientForm):
    """Corrections to a patient's data, and to the duplicate reason where one was given."""

    duplicate_reason = field_of(Patient, "duplicate_reason")

    def __init__(self, data: QueryDict | None = None, *, patient: Patient) -> None:
        super().__init__(data, initial=dict(self.stored(patient)))
        if not patient.duplicate_reason:
            del self.fields["duplicate_reason"]
        self.carry(patient)
        # After the marks: a reason that is first asked for changes nothing that was shown.
        if data and NEW_REASON in data:
            self._offer_reason()

    @property
    def corrected(self) -> dict[str, Any]:
        """Return what was typed about the patient."""
        typed = {name: value for name, value in self.cleaned_data.items() if name != SEEN}
        if reason := typed.pop(NEW_REASON, ""):
            typed["duplicate_reason"] = reason
        return typed

    @property
    def told_apart(self) -> list[UUID]:
        """Return the patients who were shown as similar when this was sent."""
        if not hasattr(self.data, "getlist"):
            return []
        keys = self.data.getlist(TOLD_APART)
        return [UUID(key) for key in keys if UUID_PATTERN.fullmatch(key)]

    def ask_why(self) -> None:
        """Ask why the patient is not one of those who are shown."""
        name = "duplicate_reason"
        if name not in self.fields:
            name = NEW_REASON
            self._offer_reason()
        self.add_error(name, _("Say in a few words why."))

    def _offer_reason(self) -> None:
        self.fields[NEW_REASON] = reason_field()


class RegistrationForm(PatientForm):
    """A new patient, the consents given at the desk, and the reason why it is no duplicate."""

    duplicate_reason = reason_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for purpose in Consent.Purpose:
            self.fields[f"consent_{purpose.value}"] = forms.ChoiceField(
                label=purpose.label,
                choices=[("", _("Not given")), *STAFF_METHODS],
                required=False,
            )

    @property
    def identity_fields(self) -> list[forms.BoundField]:
        """The fields that identify the patient."""
        return [self[name] for name in IDENTITY_FIELDS]

    @property
    def consent_fields(self) -> list[forms.BoundField]:
        """One choice for each purpose, initially “not given”."""
        return [self[f"consent_{purpose.value}"] for purpose in Consent.Purpose]

    def identity(self) -> dict[str, Any]:
        """Return what was typed about the patient."""
        return {name: self.cleaned_data[name] for name in IDENTITY_FIELDS}

    def consents(self) -> dict[str, str]:
        """Return the purposes that the patient agreed to, each with the way it was given."""
        return {
            purpose.value: self.cleaned_data[f"consent_{purpose.value}"]
            for purpose in Consent.Purpose
            if self.cleaned_data[f"consent_{purpose.value}"]
        }


class PatientSearchForm(forms.Form):
    """What somebody types to find a patient."""

    q = forms.CharField(label=_("Find a patient"), max_length=100, required=False, strip=True)


class ConsentForm(forms.Form):
    """One purpose that a patient agrees to, and how."""

    purpose = forms.ChoiceField(choices=Consent.Purpose)
    method = forms.ChoiceField(label=_("How it was given"), choices=STAFF_METHODS)
