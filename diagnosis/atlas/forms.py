"""Forms for diseases, their stages and images, and for images that doctors propose."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from clinic.core.files.pictures import ACCEPT
from clinic.core.forms import allow_rows
from clinic.trail.forms import SeenForm
from clinic.trail.services.seen import Facts
from diagnosis.atlas.models import AtlasImage
from diagnosis.atlas.services.atlas import DiseaseText, Translations
from diagnosis.atlas.services.images import AtlasImageText
from diagnosis.predictions.models.disease import Disease, DiseaseStage

# The texts that are asked for in every language, with their greatest length.
TRANSLATED = {
    "name": (_("Name"), forms.TextInput, 120),
    "synonyms": (_("Other names"), forms.Textarea, 2000),
    "plain_words": (_("In plain words"), forms.Textarea, 2000),
    "clinical_description": (_("Clinical description"), forms.Textarea, 2000),
    "caption": (_("Caption"), forms.TextInput, 200),
    "source": (_("Source"), forms.TextInput, 200),
}
OF_A_DISEASE = ("name", "synonyms", "plain_words", "clinical_description")
OF_AN_IMAGE = ("caption", "source")  # a licence has the same name everywhere


def other_languages() -> list[tuple[str, str]]:
    """Return the languages of the site other than the one the catalogue is written in."""
    return [
        (code, str(name)) for code, name in settings.LANGUAGES if code != settings.LANGUAGE_CODE
    ]


class TranslatedForm(forms.Form):
    """A form that repeats some of its fields for every other language of the site."""

    def translated(self, stored: Translations, *names: str) -> Facts:
        """Return the texts in the other languages, by the fields that ask for them."""
        return {
            f"{name}_{code}": stored.get(code, {}).get(name, "")
            for code, _language in other_languages()
            for name in names
        }

    def add_translations(self, stored: Translations, *names: str) -> None:
        """Add `<name>_<language>` for each of the names."""
        for code, language in other_languages():
            for name in names:
                label, widget, max_length = TRANSLATED[name]
                self.fields[f"{name}_{code}"] = forms.CharField(
                    label=_("%(field)s, %(language)s") % {"field": label, "language": language},
                    required=False,
                    max_length=max_length,
                    initial=stored.get(code, {}).get(name, ""),
                    widget=widget(attrs={"lang": code}),
                )

    def translations(self, *names: str) -> Translations:
        """Return the texts typed in the other languages, leaving out the empty ones."""
        said = {
            code: {
                name: text
                for name in names
                if (text := self.cleaned_data.get(f"{name}_{code}", "").strip())
            }
            for code, _language in other_languages()
        }
        return {code: texts for code, texts in said.items() if texts}


class AtlasSearchForm(forms.Form):
    """A search for a disease; the words may be in the URL, as none concerns a patient."""

    q = forms.CharField(
        label=_("Name, other name or code"),
        required=False,
        max_length=100,
        widget=forms.SearchInput(attrs={"placeholder": _("Name, other name or code")}),
    )


class DiseaseForm(SeenForm, TranslatedForm):
    """One disease of the catalogue."""

    name = forms.CharField(label=_("Name"), max_length=120)
    icd10 = forms.CharField(label=_("ICD-10"), max_length=10, required=False)
    icd11 = forms.CharField(label=_("ICD-11"), max_length=20, required=False)
    synonyms = forms.CharField(
        label=_("Other names"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One on each line; the search finds them."),
    )
    clinical_description = forms.CharField(
        label=_("Clinical description"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What a doctor looks for. Patients do not read it."),
    )
    plain_words = forms.CharField(
        label=_("In plain words"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The patient reads this with the diagnosis."),
    )
    is_malignant = forms.BooleanField(label=_("Malignant or precancerous"), required=False)
    is_active = forms.BooleanField(
        label=_("Offered as a diagnosis"),
        required=False,
        initial=True,
        help_text=_("Existing diagnoses keep a disease that is no longer offered."),
    )

    def __init__(self, *args: Any, disease: Disease | None = None, **kwargs: Any) -> None:
        if disease is not None:
            kwargs["initial"] = {name: getattr(disease, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        if disease is not None and disease.model_class:
            # The model's share of malignant disease is counted by it.
            self.fields["is_malignant"].disabled = True
        self.add_translations(disease.translations if disease else {}, *OF_A_DISEASE)
        if disease is not None:
            self.carry(disease)

    def stored(self, row: Disease) -> Facts:
        """Return the disease as the catalogue has it, as the form's initial values."""
        own = {name: getattr(row, name) for name in self.base_fields}
        return own | dict(self.translated(row.translations, *OF_A_DISEASE))

    def said(self) -> DiseaseText:
        """Return the input in the form that the service takes."""
        own = {name: self.cleaned_data[name] for name in self.base_fields}
        return DiseaseText(**own, translations=self.translations(*OF_A_DISEASE))


class StageForm(SeenForm, TranslatedForm):
    """The name of one stage."""

    name = forms.CharField(label=_("Name"), max_length=80)

    def __init__(self, *args: Any, stage: DiseaseStage | None = None, **kwargs: Any) -> None:
        if stage is not None:
            kwargs["initial"] = {"name": stage.name}
        super().__init__(*args, **kwargs)
        self.add_translations(stage.translations if stage else {}, "name")
        if stage is not None:
            self.carry(stage)

    def stored(self, row: DiseaseStage) -> Facts:
        """Return the stage's names as the form's initial values."""
        return {"name": row.name, **self.translated(row.translations, "name")}


class AtlasImageTextForm(SeenForm, TranslatedForm):
    """The caption, source and licence of an atlas image."""

    stage = forms.ModelChoiceField(
        DiseaseStage.objects.none(), label=_("Stage"), required=False, empty_label=_("Not said")
    )
    caption = forms.CharField(
        label=_("Caption"),
        max_length=200,
        required=False,
        help_text=_("What the image shows. Nothing that could identify a person."),
    )
    source = forms.CharField(
        label=_("Source"), max_length=200, help_text=_("Who made it and where it was published.")
    )
    licence = forms.CharField(
        label=_("Licence"), max_length=80, help_text=_("Such as CC0 or CC BY 4.0.")
    )

    def __init__(
        self, *args: Any, disease: Disease, image: AtlasImage | None = None, **kwargs: Any
    ) -> None:
        if image is not None:
            kwargs["initial"] = dict(self.stored(image))
        super().__init__(*args, **kwargs)
        allow_rows(self.fields["stage"], disease.stages.all())
        if image is not None:
            self.add_translations(image.translations, *OF_AN_IMAGE)
            self.carry(image)

    def stored(self, row: AtlasImage) -> Facts:
        """Return the image's texts as the form's initial values."""
        own = {name: getattr(row, name) for name in self.base_fields}
        return own | dict(self.translated(row.translations, *OF_AN_IMAGE))

    @property
    def said(self) -> AtlasImageText:
        """Return the caption, source and licence as the service takes them."""
        own = {name: self.cleaned_data[name] for name in ("source", "licence", "caption", "stage")}
        return AtlasImageText(**own, translations=self.translations(*OF_AN_IMAGE))


class AtlasImageForm(AtlasImageTextForm):
    """A new atlas image with its caption, source and licence."""

    image = forms.FileField(
        label=_("Image"),
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
        error_messages={
            "required": _("Choose an image."),
            "empty": _("The file is empty."),
        },
        help_text=_("JPEG, PNG, WebP or HEIC. It is stored without the camera’s metadata."),
    )
    field_order = ["image", "stage", "caption", "source", "licence"]


class ReasonForm(forms.Form):
    """The reason for declining or archiving an image."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        error_messages={"required": _("Say in a few words why.")},
    )
