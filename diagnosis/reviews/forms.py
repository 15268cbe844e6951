from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from clinic.core.forms import offer_rows
from diagnosis.predictions.models.disease import Disease, DiseaseStage
from diagnosis.reviews.models.review import Review
from diagnosis.reviews.services.reviews import Diagnosis


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
