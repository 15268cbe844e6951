from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from clinic.forms.choices import offer_rows
from clinic.models import Addendum, BodySite, Consultation, Patient, Symptom
from clinic.services.consultations import facts_fingerprint


@dataclass(frozen=True)
class Difference:
    """One field in which what was typed is not what is stored."""

    label: str
    mine: str
    stored: str


class VisitNotesForm(forms.ModelForm[Consultation]):
    """What the doctor writes in a visit, with the version that was read before."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    symptoms = forms.ModelMultipleChoiceField(
        Symptom.objects.none(),
        label=_("Symptoms"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Consultation
        fields = ("reason", "body_site", "notes", "conclusion")
        widgets = {
            "notes": forms.Textarea(attrs={"rows": 5}),
            "conclusion": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(
        self, *args: Any, body_sites: Iterable[BodySite] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **{"auto_id": "notes_%s", **kwargs})
        self.initial["version"] = self.instance.version
        offered = offered_symptoms(self.instance)
        symptoms = self.fields["symptoms"]
        assert isinstance(symptoms, forms.ModelMultipleChoiceField)
        symptoms.queryset = offered
        offer_rows(symptoms, offered)
        self.initial["symptoms"] = [symptom.pk for symptom in offered if symptom.is_chosen]
        body_site = self.fields["body_site"]
        assert isinstance(body_site, forms.ModelChoiceField)
        body_site.empty_label = _("Not said")
        body_site.queryset = BodySite.objects.offered(self.instance.body_site_id)
        if body_sites is not None:
            offer_rows(body_site, body_sites)

    def differences(self, stored: Consultation) -> list[Difference]:
        """Where the typed text is not the stored one, both in words."""
        mine = self.cleaned_data
        pairs = {
            "reason": (mine["reason"], stored.reason),
            "symptoms": tuple(
                ", ".join(str(symptom) for symptom in symptoms)
                for symptoms in (mine["symptoms"], stored.symptoms.all())
            ),
            "body_site": (str(mine["body_site"] or ""), str(stored.body_site or "")),
            "notes": (mine["notes"], stored.notes),
            "conclusion": (mine["conclusion"], stored.conclusion),
        }
        return [
            Difference(str(self[name].label), *pair)
            for name, pair in pairs.items()
            if pair[0] != pair[1]
        ]


def offered_symptoms(consultation: Consultation) -> QuerySet[Any]:
    """Symptoms of today's list and those of the visit, which say `is_chosen`."""
    of_visit = Symptom.consultations.through.objects.filter(
        consultation=consultation, symptom=OuterRef("pk")
    )
    return Symptom.objects.annotate(is_chosen=Exists(of_visit)).filter(
        Q(is_active=True) | Q(is_chosen=True)
    )


class ClinicalFactsForm(forms.ModelForm[Patient]):
    """What holds for the patient beyond one visit, with a mark of what was read before."""

    facts_seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Patient
        fields = ("phototype", "allergies", "has_no_known_allergies")
        widgets = {"allergies": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "facts_%s", **kwargs})
        self.initial["facts_seen"] = facts_fingerprint(self.instance)

    def clean(self) -> dict[str, Any]:
        """Refuses allergies and “no known allergies” together, at the box to untick."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("allergies") and cleaned.get("has_no_known_allergies"):
            self.add_error(
                "has_no_known_allergies",
                _("There are allergies: untick “no known allergies”."),
            )
        return cleaned


class SignForm(forms.Form):
    """The marks of what the doctor had in view when signing."""

    version = forms.IntegerField(min_value=0)
    lines_seen = forms.CharField()


class AddendumForm(forms.ModelForm[Addendum]):
    """A note to add to a signed visit."""

    class Meta:
        model = Addendum
        fields = ("text",)
        labels = {"text": _("Addendum")}
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}
        error_messages = {"text": {"required": _("Write what is to be added.")}}
