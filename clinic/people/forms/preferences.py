"""How to reach a patient, and in which language."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from clinic.core.forms import language_field
from clinic.core.sms import has_sms
from clinic.people.models.patient import Patient
from clinic.trail.forms import SEEN, SeenForm


class PreferencesForm(SeenForm, forms.Form):
    """The language, and where reminders go."""

    language = language_field()
    has_email_reminders = forms.BooleanField(label=_("Remind me by email"), required=False)
    has_sms_reminders = forms.BooleanField(label=_("Remind me by text message"), required=False)

    def __init__(self, data: QueryDict | None = None, *, patient: Patient) -> None:
        super().__init__(data, initial=dict(self.stored(patient)))
        if not has_sms():
            del self.fields["has_sms_reminders"]
        self.carry(patient)

    @property
    def chosen(self) -> dict[str, Any]:
        """Return what was chosen."""
        return {name: value for name, value in self.cleaned_data.items() if name != SEEN}
