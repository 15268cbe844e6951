from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.models import BodySite, Patient
from diagnosis.models import Disease, DiseaseStage, Lesion, Review


class LesionField(forms.ModelChoiceField[Lesion]):
    """A choice of lesions, each with where it is."""

    def label_from_instance(self, lesion: Lesion) -> str:
        return lesion_name(lesion)


class PhotographForm(forms.Form):
    """One photograph of a lesion that is known or new."""

    photograph = forms.FileField(
        label=_("Photograph"),
        error_messages={
            "required": _("Choose a photograph."),
            "empty": _("The file is empty."),
        },
    )
    lesion = LesionField(
        Lesion.objects.none(), label=_("Lesion"), required=False, empty_label=_("A new lesion")
    )
    body_site = forms.ModelChoiceField(
        BodySite.objects.offered(), label=_("Body site"), required=False, empty_label=_("Not said")
    )

    def __init__(self, *args: Any, patient: Patient, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lesions = Lesion.objects.filter(patient=patient).select_related("body_site")
        lesion_field = self.fields["lesion"]
        assert isinstance(lesion_field, LesionField)
        lesion_field.queryset = lesions


def lesion_name(lesion: Lesion) -> str:
    """Names a lesion by its number and where it is."""
    return f"{lesion}, {lesion.body_site}" if lesion.body_site else str(lesion)


class ReviewForm(forms.Form):
    """A doctor's decision on one prediction."""

    decision = forms.ChoiceField(label=_("Decision"), choices=Review.Decision.choices)
    disease = forms.ModelChoiceField(
        Disease.objects.offered(), label=_("Final diagnosis"), required=False
    )
    stage = forms.ModelChoiceField(DiseaseStage.objects.all(), label=_("Stage"), required=False)
    certainty = forms.ChoiceField(
        label=_("Certainty"),
        choices=Review.Certainty.choices,
        initial=Review.Certainty.PROBABLE,
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

    def clean_certainty(self) -> str:
        return self.cleaned_data["certainty"] or Review.Certainty.PROBABLE
