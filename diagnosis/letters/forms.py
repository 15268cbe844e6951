"""Forms for the photographs on a document and for a letter to a colleague."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext_lazy as _

from clinic.core.forms import allow_rows, offer_rows
from clinic.core.lists import listed
from diagnosis.lesions.forms import lesion_name
from diagnosis.lesions.models import LesionImage
from diagnosis.letters.services.paper_photographs import ChosenPhotographs


class PhotographsField(forms.ModelMultipleChoiceField[LesionImage]):
    """A choice of photographs, each labelled with its lesion and time."""

    def label_from_instance(self, image: LesionImage) -> str:
        taken = time_format(timezone.localtime(image.uploaded_at), "TIME_FORMAT")
        return listed([lesion_name(image.lesion), taken])


class PhotographsForm(forms.Form):
    """The photographs of a visit that go on a document."""

    images = PhotographsField(
        LesionImage.objects.none(),
        label=_("Photographs"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    has_model_answer = forms.BooleanField(
        label=_("Include what the model said"),
        required=False,
        help_text=_(
            "Only for chosen photographs whose answer a doctor has confirmed or corrected."
        ),
    )

    def __init__(self, *args: Any, photographs: QuerySet[LesionImage], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if rows := list(photographs):
            allow_rows(self.fields["images"], photographs)
            offer_rows(self.fields["images"], rows)
        else:
            del self.fields["images"], self.fields["has_model_answer"]

    @property
    def chosen(self) -> ChosenPhotographs:
        """Return the photographs to put on the document."""
        return ChosenPhotographs(
            images=list(self.cleaned_data.get("images", [])),
            has_model_answer=self.cleaned_data.get("has_model_answer", False),
        )


class LetterForm(PhotographsForm):
    """A letter to a colleague."""

    addressee = forms.CharField(
        label=_("To"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Name and address, as printed on the letter."),
    )
    question = forms.CharField(label=_("Question"), max_length=300)
    text = forms.CharField(
        label=_("Findings"), max_length=8000, widget=forms.Textarea(attrs={"rows": 8})
    )
    field_order = ["addressee", "question", "text", "images", "has_model_answer"]
