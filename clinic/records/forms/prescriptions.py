from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import DELETION_FIELD_NAME
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.records.drugs.rows import Written
from clinic.records.forms.consultations import Difference
from clinic.records.models.prescription import PrescriptionLine
from clinic.records.services.prescriptions import DraftLine

MAX_LINES = 30
SUGGESTED = ("form", "route", "dose", "frequency", "duration", "quantity")
WORDS = ("drug", "form", "strength", "dose", "route", "frequency", "duration", "quantity", "note")


class PrescriptionLineForm(forms.ModelForm[PrescriptionLine]):
    """One drug and how it is taken."""

    class Meta:
        model = PrescriptionLine
        fields = (
            "drug",
            "form",
            "strength",
            "dose",
            "route",
            "frequency",
            "duration",
            "quantity",
            "refills",
            "is_as_needed",
            "is_substitution_allowed",
            "note",
            "indication",
        )
        widgets = {
            "drug": forms.TextInput(attrs={"list": "drug-names"}),
            **{name: forms.TextInput(attrs={"list": f"usual-{name}"}) for name in SUGGESTED},
            "indication": forms.TextInput(attrs={"list": "diagnosis-names"}),
        }
        error_messages = {
            "drug": {"required": _("Name the drug.")},
            "dose": {"required": _("Say how much.")},
            "frequency": {"required": _("Say how often.")},
            "duration": {"required": _("Say how long.")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["refills"].required = False

    def has_changed(self) -> bool:
        """Return whether anything is written; a ticked box alone is not a line."""
        return any(self[name].data and self[name].data.strip() for name in WORDS)

    def clean_refills(self) -> int:
        """Read an empty number as no refill."""
        return self.cleaned_data["refills"] or 0


class BaseLineFormSet(forms.BaseFormSet[PrescriptionLineForm]):
    """The lines of a draft; saving replaces them all, so none is bound to a stored one."""

    def initial_form_count(self) -> int:
        return 0

    def clean(self) -> None:
        """Refuse more lines than anybody can read."""
        if len(self.written_forms()) > MAX_LINES:
            raise ValidationError(
                _("A prescription can have at most %(lines)s lines."), params={"lines": MAX_LINES}
            )

    def written_forms(self) -> list[PrescriptionLineForm]:
        """Return the lines that contain something and were not removed."""
        return [
            form
            for form in self.forms
            if form.has_changed() and not form.cleaned_data.get(DELETION_FIELD_NAME)
        ]

    def lines(self) -> list[DraftLine]:
        """Return the written lines, in their order."""
        names = PrescriptionLineForm.Meta.fields
        return [
            DraftLine(**{name: form.cleaned_data[name] for name in names})
            for form in self.written_forms()
        ]


LineFormSet: type[BaseLineFormSet] = forms.formset_factory(  # type: ignore[assignment]
    PrescriptionLineForm,
    formset=BaseLineFormSet,
    can_delete=True,
    max_num=MAX_LINES,
)


def line_formset(
    data: Mapping[str, Any] | None = None, *, lines: list[DraftLine] | None = None
) -> BaseLineFormSet:
    """Return the lines of the form: the stored ones and a blank one, or what was typed."""
    if data is not None:
        return LineFormSet(data, prefix="lines")
    written = lines or []
    formset = LineFormSet(prefix="lines", initial=[{**vars(line)} for line in written])
    formset.extra = len(written) + 1
    return formset


def line_differences(mine: list[DraftLine], stored: list[DraftLine]) -> list[Difference]:
    """Return the typed lines next to the stored ones, in words."""
    mine_words, stored_words = ("\n".join(line.words for line in each) for each in (mine, stored))
    return [Difference(gettext("Prescription"), mine_words, stored_words)]


def typed_drugs(data: Mapping[str, Any]) -> list[Written]:
    """Return the drugs of lines that are still being typed and may be incomplete."""
    prefixes = (f"lines-{number}" for number in range(MAX_LINES))
    return [
        Written(
            **{each.name: data.get(f"{prefix}-{each.name}", "").strip() for each in fields(Written)}
        )
        for prefix in prefixes
        if not data.get(f"{prefix}-{DELETION_FIELD_NAME}")
    ]


class OverrideForm(forms.Form):
    """Why a drug is prescribed despite a warning."""

    key = forms.CharField(max_length=24, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Why is it prescribed anyway?"),
        max_length=200,
        help_text=_("It is shown in the record and on the prescription."),
        error_messages={"required": _("Say in a few words why it is prescribed anyway.")},
    )


class RevocationForm(forms.Form):
    """Why a prescription is revoked."""

    reason = forms.CharField(
        label=_("Why is it revoked?"),
        max_length=200,
        help_text=_("The patient can read this."),
        error_messages={"required": _("Say in a few words why the prescription is revoked.")},
    )
