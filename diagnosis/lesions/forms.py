"""Forms for lesions and their photographs."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.core.files.pictures import ACCEPT
from clinic.core.forms import allow_rows, offer_rows
from clinic.core.lists import listed
from clinic.people.models.patient import Patient
from clinic.records.models.catalogue import BodySite
from clinic.trail.forms import SeenForm
from clinic.trail.services.seen import Facts
from diagnosis.lesions.models import Lesion, LesionImage
from diagnosis.lesions.services.lesions import Place


class LesionField(forms.ModelChoiceField[Lesion]):
    """A choice of lesions, each labelled with its body site."""

    def label_from_instance(self, lesion: Lesion) -> str:
        return lesion_name(lesion)


class PlaceForm(forms.Form):
    """Where a lesion is: a body site and, if marked, a point on the body map."""

    body_site = forms.ModelChoiceField(
        BodySite.objects.offered(),
        to_field_name="code",
        label=_("Body site"),
        required=False,
        empty_label=_("Not said"),
    )
    view = forms.ChoiceField(
        choices=[("", ""), *Lesion.View.choices], required=False, widget=forms.HiddenInput
    )
    x = forms.FloatField(min_value=0, max_value=1, required=False, widget=forms.HiddenInput)
    y = forms.FloatField(min_value=0, max_value=1, required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Read the point only if both coordinates and the side are there."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        view, x, y = (cleaned.get(name) for name in ("view", "x", "y"))
        cleaned["place"] = None
        if view and x is not None and y is not None:
            cleaned["place"] = Place(view=view, x=x, y=y)
        elif view or x is not None or y is not None or self.errors.keys() & {"view", "x", "y"}:
            raise forms.ValidationError(_("Mark the place on the body map again."))
        return cleaned


class PhotographForm(PlaceForm):
    """A photograph of a known or a new lesion."""

    photograph = forms.FileField(
        label=_("Photograph"),
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
        error_messages={
            "required": _("Choose a photograph."),
            "empty": _("The file is empty."),
        },
    )
    lesion = LesionField(
        Lesion.objects.none(), label=_("Lesion"), required=False, empty_label=_("A new lesion")
    )

    def __init__(
        self,
        *args: Any,
        patient: Patient,
        lesions: Iterable[Lesion] | None = None,
        body_sites: Iterable[BodySite] | None = None,
        site_of_visit: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        allow_rows(self.fields["body_site"], BodySite.objects.offered(site_of_visit))
        offer_lesions(self.fields["lesion"], patient, lesions)
        if body_sites is not None:
            offer_rows(self.fields["body_site"], body_sites)


class LesionForm(SeenForm, PlaceForm):
    """Where a known lesion is, a note on it, and whether it is still followed."""

    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=120,
        help_text=_(
            "How to find it again, such as: two fingers below the scar, between two moles."
        ),
    )
    is_archived = forms.BooleanField(
        label=_("No longer followed"),
        required=False,
        help_text=_("Removed, healed or entered by mistake. Its photographs stay."),
    )

    def __init__(self, *args: Any, lesion: Lesion, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "initial": dict(self.stored(lesion))})
        sites = BodySite.objects.offered(lesion.body_site_id)
        allow_rows(self.fields["body_site"], sites)
        self.carry(lesion)

    def stored(self, row: Lesion) -> Facts:
        """Return the lesion's place and note as the form's initial values."""
        names = ("body_site", "view", "x", "y", "description", "is_archived")
        return {name: getattr(row, name) for name in names}


class MoveForm(forms.Form):
    """The lesion that a photograph should be moved to."""

    lesion = LesionField(
        Lesion.objects.none(),
        label=_("It shows"),
        required=False,
        empty_label=_("A new lesion"),
    )

    def __init__(
        self,
        *args: Any,
        patient: Patient,
        lesions: Iterable[Lesion] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **{"auto_id": "move_%s", **kwargs})
        offer_lesions(self.fields["lesion"], patient, lesions)


class SizeForm(SeenForm, forms.ModelForm[LesionImage]):
    """How large the lesion is in one photograph."""

    is_shown_again = False

    class Meta:
        model = LesionImage
        fields = ("size_mm", "size_note")
        labels = {"size_mm": _("Size in mm"), "size_note": _("Note on the size")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "size_%s", **kwargs})
        self.carry(self.instance)

    @property
    def measured(self) -> dict[str, Any]:
        """Return the size and its note as the form's initial values."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


def offer_lesions(
    field: forms.Field, patient: Patient, lesions: Iterable[Lesion] | None = None
) -> None:
    """Return a patient's followed lesions, reusing the rows if they have been fetched."""
    followed = Lesion.objects.followed().filter(patient=patient)
    allow_rows(field, followed.select_related("body_site"))
    if lesions is not None:
        offer_rows(field, lesions)


def lesion_name(lesion: Lesion) -> str:
    """Name a lesion by its number and where it is."""
    return listed([lesion, lesion.body_site])
