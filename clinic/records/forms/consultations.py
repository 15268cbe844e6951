from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from clinic.core.forms import allow_rows, offer_rows
from clinic.core.lists import listed
from clinic.core.plain_text import one_line
from clinic.records.models.catalogue import BodySite, Symptom
from clinic.records.models.consultation import Addendum, Consultation
from clinic.records.services.consultations import NOTES_FIELDS, VisitDraft


@dataclass(frozen=True)
class Difference:
    """A field in which the typed text differs from what is stored."""

    label: str
    mine: str
    stored: str


class VisitNotesForm(forms.ModelForm[Consultation]):
    """What the doctor writes in a visit, and the version that was read before."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    symptoms = forms.ModelMultipleChoiceField(
        Symptom.objects.none(),
        label=_("Symptoms"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Consultation
        fields = (
            "reason",
            "history",
            "body_site",
            "examination",
            "assessment",
            "plan",
            "follow_up_weeks",
            "notes",
            "conclusion",
        )
        # One line each at first: they grow with their text.
        widgets = {
            **{field: forms.Textarea(attrs={"rows": 1}) for field in NOTES_FIELDS},
            "reason": forms.Textarea(attrs={"rows": 1, "data-one-line": True}),
        }

    def __init__(
        self, *args: Any, body_sites: Iterable[BodySite] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **{"auto_id": "notes_%s", **kwargs})
        self.initial["version"] = self.instance.version
        offered = offered_symptoms(self.instance)
        allow_rows(self.fields["symptoms"], offered)
        offer_rows(self.fields["symptoms"], offered)
        self.initial["symptoms"] = [symptom.pk for symptom in offered if symptom.is_chosen]
        body_site = self.fields["body_site"]
        assert isinstance(body_site, forms.ModelChoiceField)
        body_site.empty_label = _("Not said")
        body_site.queryset = BodySite.objects.offered(self.instance.body_site_id)
        if body_sites is not None:
            offer_rows(body_site, body_sites)

    def clean_reason(self) -> str:
        """Join lines that were pasted: the reason stands in lists, on one line."""
        return one_line(self.cleaned_data["reason"])

    @property
    def draft(self) -> VisitDraft:
        """Return what the doctor wrote, without the version that was read before."""
        said = {name: each for name, each in self.cleaned_data.items() if name != "version"}
        return VisitDraft(**said)

    def differences(self, stored: Consultation) -> list[Difference]:
        """Return the fields whose typed text differs from the stored one, with both texts."""
        mine = self.cleaned_data
        pairs = {
            "reason": (mine["reason"], stored.reason),
            "symptoms": tuple(
                listed(symptoms) for symptoms in (mine["symptoms"], stored.symptoms.all())
            ),
            "body_site": (str(mine["body_site"] or ""), str(stored.body_site or "")),
            "follow_up_weeks": tuple(
                str(weeks or "") for weeks in (mine["follow_up_weeks"], stored.follow_up_weeks)
            ),
            **{field: (mine[field], getattr(stored, field)) for field in NOTES_FIELDS},
        }
        return [
            Difference(str(self[name].label), *pair)
            for name, pair in pairs.items()
            if pair[0] != pair[1]
        ]


def offered_symptoms(consultation: Consultation) -> QuerySet[Any]:
    """Return the active symptoms and those of the visit, marked `is_chosen`."""
    of_visit = Symptom.consultations.through.objects.filter(
        consultation=consultation, symptom=OuterRef("pk")
    )
    return Symptom.objects.annotate(is_chosen=Exists(of_visit)).filter(
        Q(is_active=True) | Q(is_chosen=True)
    )


class SignForm(forms.Form):
    """The marks of what the doctor saw, and why something is signed all the same."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    lines_seen = forms.CharField(widget=forms.HiddenInput)
    alarms_seen = forms.CharField(required=False, widget=forms.HiddenInput)
    unreviewed_reason = forms.CharField(
        label=_("Why are you signing before the warning is reviewed?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kept with the visit; the patient does not read it."),
    )
    early_reason = forms.CharField(
        label=_("Why may the patient read it already?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_(
            "Or go back: change the conclusion, or release the diagnosis. The reason is kept with "
            "the visit; the patient does not read it."
        ),
    )


class AddendumForm(forms.ModelForm[Addendum]):
    """A note to add to a signed visit."""

    class Meta:
        model = Addendum
        fields = ("text",)
        labels = {"text": _("Addendum")}
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}
        error_messages = {"text": {"required": _("Write the addendum.")}}
