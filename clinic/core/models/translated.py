"""Catalogue texts in the languages of the site."""

from collections.abc import Sequence
from typing import TypeAlias

from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

# By language, then by the name of the field: {"fr": {"name": "Démangeaisons"}}.
Translations: TypeAlias = dict[str, dict[str, str]]


def in_language(own: str, translations: Translations, field: str) -> str:
    """Return a text in the page's language: translated, or else as the catalogue has it."""
    language = get_language() or settings.LANGUAGE_CODE
    for code in (language, language.split("-")[0]):
        if text := translations.get(code, {}).get(field):
            return text
    return own


def other_languages() -> Sequence[tuple[str, str | Promise]]:
    """Return the languages of the site other than the one the catalogues are written in."""
    return [(code, name) for code, name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


class TranslatedModel(models.Model):
    """A catalogue row whose texts can be translated into every language."""

    translations = models.JSONField(_("in other languages"), default=dict, blank=True)

    class Meta:
        abstract = True

    def in_language(self, field: str) -> str:
        """Return one of the row's texts in the page's language, where it is translated."""
        return in_language(getattr(self, field), self.translations, field)

    @property
    def label(self) -> str:
        """The row's name in the page's language, where it is translated."""
        return self.in_language("name")
