from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.core.forms import TranslatedNames, names_of
from clinic.records.models.catalogue import BodySite, Symptom
from clinic.trail.forms import SeenForm
from clinic.trail.services.seen import Facts


class CatalogueNameForm(TranslatedNames, SeenForm, forms.Form):
    """The names of a row."""

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
        """Return the names of the row in every language."""
        return {"name": row.name, **names_of(row)}
