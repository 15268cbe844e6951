from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from clinic.core.forms import day_field
from clinic.records.models.catalogue import BodySite
from diagnosis.lesions.forms import lesion_name
from diagnosis.lesions.models import Lesion
from diagnosis.predictions.models.disease import Disease, DiseaseStage
from diagnosis.predictions.services.diagnoses import find_diagnosis
from diagnosis.reviews.models.review import Review
from diagnosis.reviews.models.visit_diagnosis import VisitDiagnosis
from diagnosis.reviews.services.releases import Choice
from diagnosis.reviews.services.reviews import Diagnosis, in_own_words

UNKNOWN_DISEASE = _(
    "Neither the catalogue nor ICD-10 has a disease of this name. Choose one that is suggested, or "
    "save it in these words."
)


def stages_of(disease: Disease) -> list[tuple[int, str]]:
    """Return the stages of a disease as a form offers them."""
    return [(stage.pk, str(stage)) for stage in disease.stages.all()]


class ReleaseForm(forms.Form):
    """When the patient may read a diagnosis."""

    release = forms.ChoiceField(
        label=_("The patient reads it"),
        choices=[
            (each.value, each.label) for each in Review.Release if each != Review.Release.BEFORE
        ],
    )
    release_on = day_field(_("From this day on"), required=False)

    def clean(self) -> dict[str, Any]:
        """Require a day only if it is released on one."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("release") != Review.Release.ON_DATE:
            cleaned["release_on"] = None
        elif not cleaned.get("release_on") and "release_on" not in self.errors:
            self.add_error("release_on", _("Choose the day from which the patient may read it."))
        return cleaned

    @property
    def choice(self) -> Choice:
        """Return the doctor's choice."""
        return Choice(
            release=self.cleaned_data["release"], release_on=self.cleaned_data["release_on"]
        )


def disease_input(names: str) -> forms.TextInput:
    """Return the input in which a disease is typed; `names` is the list of what it may mean."""
    return forms.TextInput(
        attrs={
            "list": names,
            "autocomplete": "off",
            "dir": "auto",
            "hx-post": reverse_lazy("diagnosis:disease_find"),
            "hx-trigger": "input changed delay:150ms, focus once",
            "hx-target": f"#{names}",
            "hx-swap": "innerHTML",
        }
    )


class DiseaseForm(forms.Form):
    """A disease as it is typed: of the catalogue, of ICD-10, or in the doctor's own words."""

    # Whether the page asks if the diagnosis is meant as it is typed.
    offers_own_words = False

    disease = forms.CharField(
        label=_("Final diagnosis"),
        required=False,
        max_length=160,
        help_text=_("Type a name or a code of ICD-10."),
        widget=disease_input("disease-names"),
    )
    own_words = forms.BooleanField(label=_("Save it in these words"), required=False)
    certainty = forms.ChoiceField(
        label=_("Certainty"),
        choices=[("", _("Not said")), *Review.Certainty.choices],
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        """Find the disease that was typed, or take the doctor's words for it if that is wanted."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        typed = cleaned.get("disease", "")
        self.found = self.find(typed)
        if self.found.disease is None and typed and cleaned.get("own_words"):
            self.found = in_own_words(typed)
        elif self.found.disease is None and typed:
            self.offers_own_words = True
            self.add_error("disease", UNKNOWN_DISEASE)
        return cleaned

    def find(self, typed: str) -> Diagnosis:
        """Return what the typed words name."""
        return Diagnosis(disease=find_diagnosis(typed))

    def clean_own_words(self) -> bool:
        """Keep the choice in sight once it was made."""
        chosen: bool = self.cleaned_data["own_words"]
        self.offers_own_words = chosen
        return chosen

    @property
    def diagnosis(self) -> Diagnosis:
        """Return the doctor's conclusion."""
        return replace(self.found, certainty=self.cleaned_data["certainty"])


class DiagnosisForm(DiseaseForm):
    """A diagnosis of a visit that is about no photograph, and where it is if that is said."""

    place = forms.ChoiceField(label=_("Where"), required=False)

    def __init__(
        self,
        *args: Any,
        lesions: Iterable[Lesion],
        body_sites: Iterable[BodySite],
        stored: VisitDiagnosis | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        disease = self.fields["disease"]
        disease.label, disease.required = _("Diagnosis"), True
        disease.error_messages["required"] = _("Choose the disease.")
        disease.widget, disease.help_text = disease_input("visit-disease-names"), ""
        disease.widget.attrs["placeholder"] = _("Name or ICD-10")
        disease.widget.is_required = True
        self.stored = stored
        self.lesions = {f"lesion {lesion.pk}": lesion for lesion in lesions}
        self.body_sites = {f"site {site.pk}": site for site in body_sites}
        if stored is not None:
            self._show(stored)
        place = self.fields["place"]
        assert isinstance(place, forms.ChoiceField)
        lesion_names = [(key, lesion_name(lesion)) for key, lesion in self.lesions.items()]
        site_names = [(key, str(site)) for key, site in self.body_sites.items()]
        place.choices = [
            ("", _("Not said")),
            *([(_("Lesions"), lesion_names)] if lesion_names else []),
            (_("Body sites"), site_names),
        ]

    def _show(self, stored: VisitDiagnosis) -> None:
        """Show a stored diagnosis, also in a place that is not offered any more."""
        self.initial.update(disease=stored.diagnosis_name, certainty=stored.certainty)
        if stored.lesion:
            self.initial["place"] = f"lesion {stored.lesion_id}"
            self.lesions[self.initial["place"]] = stored.lesion
        elif stored.body_site:
            self.initial["place"] = f"site {stored.body_site_id}"
            self.body_sites[self.initial["place"]] = stored.body_site

    def find(self, typed: str) -> Diagnosis:
        """Return what the typed words name; the stored ones name what is stored."""
        if self.stored is not None and typed == self.stored.diagnosis_name:
            return Diagnosis(disease=self.stored.disease, own_words=self.stored.own_words)
        return super().find(typed)

    @property
    def said(self) -> dict[str, Any]:
        """Return the diagnosis and its place as a service takes them."""
        place = self.cleaned_data["place"]
        return {
            "diagnosis": self.diagnosis,
            "lesion": self.lesions.get(place),
            "body_site": self.body_sites.get(place),
        }


class ReviewForm(DiseaseForm):
    """A doctor's decision on one prediction."""

    decision = forms.ChoiceField(label=_("Decision"), choices=Review.Decision.choices)
    stage = forms.ModelChoiceField(DiseaseStage.objects.all(), label=_("Stage"), required=False)
    reason = forms.CharField(
        label=_("Why does the answer change?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    comment = forms.CharField(
        label=_("Comment"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    seen_review = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        stages: Iterable[tuple[Any, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if stages is not None:
            self.offer_stages(stages)

    def offer_stages(self, stages: Iterable[tuple[Any, Any]]) -> None:
        """Offer the stages of one disease."""
        stage = self.fields["stage"]
        assert isinstance(stage, forms.ModelChoiceField)
        stage.choices = [("", str(stage.empty_label)), *stages]

    def clean(self) -> dict[str, Any]:
        """Offer the stages of the disease that was typed."""
        cleaned = super().clean()
        if self.found.disease is not None and not self.found.own_words:
            self.offer_stages(stages_of(self.found.disease))
        return cleaned

    @property
    def diagnosis(self) -> Diagnosis:
        """Return the doctor's conclusion."""
        return replace(super().diagnosis, stage=self.cleaned_data["stage"])

    def show_review(self, review: Review) -> None:
        """Set the review now shown on the page, so that the next decision is made in view of it."""
        data = QueryDict(mutable=True)
        data.update(self.data)
        data[self.add_prefix("seen_review")] = str(review.pk)
        self.data = data
