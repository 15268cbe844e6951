"""Templates for notes and prescriptions."""

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.records.models.consultation import Consultation
from clinic.records.services.consultations import NOTES_FIELDS


class TemplateNameForm(forms.Form):
    """The name of a template, and whom it is for."""

    name = forms.CharField(
        label=_("Name of the template"),
        max_length=80,
        error_messages={"required": _("Give the template a name.")},
    )
    is_clinic_wide = forms.BooleanField(label=_("For every doctor of the clinic"), required=False)


class TemplateNotesForm(forms.ModelForm[Consultation]):
    """The texts of a notes template, field by field."""

    class Meta:
        model = Consultation
        fields = ("reason", *NOTES_FIELDS)
        help_texts = {"conclusion": ""}
        widgets = {field: forms.Textarea(attrs={"rows": 2}) for field in NOTES_FIELDS}

    def texts(self) -> dict[str, str]:
        """Return the texts, keyed by field name."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class TemplateVersionForm(TemplateNameForm):
    """The name of an existing template, and the version that the form showed."""

    seen = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    is_clinic_wide = None  # type: ignore[assignment]
