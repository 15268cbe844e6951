from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.core.models.translated import TranslatedModel, Translations, other_languages
from clinic.core.plain_text import visible_line
from clinic.records.models.catalogue import BodySite, Symptom
from clinic.trail.forms import SeenForm
from clinic.trail.services.seen import Facts


def names_of(entry: TranslatedModel) -> Facts:
    """Return the names of a row in the other languages, by the fields that ask for them."""
    return {
        f"name_{code}": entry.translations.get(code, {}).get("name", "")
        for code, _name in other_languages()
    }


class TranslatedNames(forms.BaseForm):
    """The name of a row once more for every other language of the site."""

    def ask_for_names(self, entry: TranslatedModel | None) -> None:
        """Adds a field for each language."""
        for code, language in other_languages():
            self.fields[f"name_{code}"] = forms.CharField(
                label=_("Name in %(language)s") % {"language": language},
                required=False,
                max_length=80,
                initial=entry.translations.get(code, {}).get("name", "") if entry else "",
                widget=forms.TextInput(attrs={"lang": code, "dir": "auto"}),
                help_text=_("Without it, this language shows the name above."),
            )

    @property
    def translations(self) -> Translations:
        """The names in the other languages, without what was left empty."""
        names = {
            code: visible_line(self.cleaned_data[f"name_{code}"])
            for code, _name in other_languages()
        }
        return {code: {"name": name} for code, name in names.items() if name}


class CatalogueNameForm(TranslatedNames, SeenForm, forms.Form):
    """What a row is called."""

    name = forms.CharField(
        label=_("Name"), max_length=80, error_messages={"required": _("Write a name.")}
    )

    def __init__(self, *args: Any, entry: Symptom | BodySite | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if entry:
            self.initial["name"] = entry.name
        self.ask_for_names(entry)
        if entry:
            self.carry(entry)

    def stored(self, row: Symptom | BodySite) -> Facts:
        """Return what the row is called in every language."""
        return {"name": row.name, **names_of(row)}
