from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from clinic.core.forms import day_field, offer_rows
from diagnosis.predictions.models.disease import Disease, DiseaseStage
from diagnosis.reviews.models.review import Review
from diagnosis.reviews.services.releases import Choice
from diagnosis.reviews.services.reviews import Diagnosis


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

    decision = forms.ChoiceField(label=_("Decision"), choices=Review.Decision.choices)
    disease = forms.ModelChoiceField(
        Disease.objects.offered(), label=_("Final diagnosis"), required=False
    )
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
        diseases: Iterable[Disease] | None = None,
        stages: Iterable[tuple[Any, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        stage = self.fields["stage"]
        assert isinstance(stage, forms.ModelChoiceField)
        if stages is not None:
            stage.choices = [("", str(stage.empty_label)), *stages]
        if diseases is not None:
            offer_rows(
                self.fields["disease"], [disease for disease in diseases if disease.is_active]
            )

    @property
    def diagnosis(self) -> Diagnosis:
        """Return the doctor's conclusion."""
        names = ("disease", "stage", "certainty")
        return Diagnosis(**{name: self.cleaned_data[name] for name in names})

    def show_review(self, review: Review) -> None:
        """Set the review now shown on the page, so that the next decision is made in view of it."""
        data = QueryDict(mutable=True)
        data.update(self.data)
        data[self.add_prefix("seen_review")] = str(review.pk)
        self.data = data
