from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from clinic.core.forms import day_field
from diagnosis.predictions.models.disease import Disease, DiseaseStage
from diagnosis.predictions.services.diagnoses import find_diagnosis
from diagnosis.reviews.models.review import Review
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


class ReviewForm(forms.Form):
    """A doctor's decision on one prediction."""

    # Whether the page asks if the diagnosis is meant as it is typed.
    offers_own_words = False

    decision = forms.ChoiceField(label=_("Decision"), choices=Review.Decision.choices)
    disease = forms.CharField(
        label=_("Final diagnosis"),
        required=False,
        max_length=160,
        help_text=_("Type a name or a code of ICD-10."),
        widget=forms.TextInput(
            attrs={
                "list": "disease-names",
                "autocomplete": "off",
                "dir": "auto",
                "hx-post": reverse_lazy("diagnosis:disease_find"),
                "hx-trigger": "input changed delay:150ms, focus once",
                "hx-target": "#disease-names",
                "hx-swap": "innerHTML",
            }
        ),
    )
    own_words = forms.BooleanField(label=_("Save it in these words"), required=False)
    stage = forms.ModelChoiceField(DiseaseStage.objects.all(), label=_("Stage"), required=False)
    certainty = forms.ChoiceField(
        label=_("Certainty"),
        choices=[("", _("Not said")), *Review.Certainty.choices],
        required=False,
    )
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
        """Find the disease that was typed, or take the doctor's words for it if that is wanted."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        typed = cleaned.get("disease", "")
        found = find_diagnosis(typed)
        self.found = Diagnosis(disease=found)
        if found is not None:
            self.offer_stages(stages_of(found))
        if found is None and typed and cleaned.get("own_words"):
            self.found = in_own_words(typed)
        elif found is None and typed:
            self.offers_own_words = True
            self.add_error("disease", UNKNOWN_DISEASE)
        return cleaned

    def clean_own_words(self) -> bool:
        """Keep the choice in sight once it was made."""
        chosen: bool = self.cleaned_data["own_words"]
        self.offers_own_words = chosen
        return chosen

    @property
    def diagnosis(self) -> Diagnosis:
        """Return the doctor's conclusion."""
        said = {name: self.cleaned_data[name] for name in ("stage", "certainty")}
        return replace(self.found, **said)

    def show_review(self, review: Review) -> None:
        """Set the review now shown on the page, so that the next decision is made in view of it."""
        data = QueryDict(mutable=True)
        data.update(self.data)
        data[self.add_prefix("seen_review")] = str(review.pk)
        self.data = data
