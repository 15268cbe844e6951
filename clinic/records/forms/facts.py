"""Forms for facts about a patient that outlast one visit."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.core.date_fields import DayField, DayInput
from clinic.people.models.patient import Patient
from clinic.records.models.facts import Allergy, Condition, CurrentDrug
from clinic.records.services.facts import NONE_KNOWN, NoneKnown, facts_fingerprint


class ClinicalFactsForm(forms.ModelForm[Patient]):
    """Phototype, “none known” answers and pregnancy, with a mark of what was read."""

    facts_seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Patient
        fields = (
            "phototype",
            "has_no_known_allergies",
            "has_no_known_conditions",
            "takes_no_drugs",
            "pregnancy",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "facts_%s", **kwargs})
        self.initial["facts_seen"] = facts_fingerprint(self.instance)
        self.initial["pregnancy"] = self.instance.pregnancy_now
        if self.instance.sex == Patient.Sex.MALE and not self.instance.pregnancy:
            del self.fields["pregnancy"]

    @property
    def none_known(self) -> NoneKnown:
        """Return the “none known” answers."""
        return NoneKnown(**{name: self.cleaned_data[name] for name in NONE_KNOWN})


class AllergyForm(forms.ModelForm[Allergy]):
    """A substance, and the patient's reaction to it."""

    class Meta:
        model = Allergy
        fields = ("substance", "reaction", "severity")
        widgets = {"substance": forms.TextInput(attrs={"list": "substance-names"})}
        error_messages = {"substance": {"required": _("Name the substance.")}}


class ConditionForm(forms.ModelForm[Condition]):
    """A disease with its name, and its code if known."""

    class Meta:
        model = Condition
        fields = ("name", "icd10")
        error_messages = {"name": {"required": _("Name the condition.")}}


class CurrentDrugForm(forms.ModelForm[CurrentDrug]):
    """A drug that the patient takes."""

    class Meta:
        model = CurrentDrug
        fields = ("drug", "dose", "since", "until")
        field_classes = {"since": DayField, "until": DayField}
        widgets = {
            "drug": forms.TextInput(attrs={"list": "drug-names"}),
            "since": DayInput(),
            "until": DayInput(),
        }
        error_messages = {"drug": {"required": _("Name the drug.")}}


class EndFactForm(forms.Form):
    """Why a fact no longer applies."""

    reason = forms.CharField(
        label=_("Why does it no longer apply?"),
        max_length=200,
        error_messages={"required": _("Say in a few words why it no longer applies.")},
    )
