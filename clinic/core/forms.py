"""What forms in all rooms share."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import DateField, DateTimeField, Model, QuerySet
from django.utils.translation import gettext_lazy as _

from clinic.core.date_fields import DayField, MomentField, MomentInput
from clinic.core.models.clinic_settings import ClinicSettings
from clinic.core.models.translated import TranslatedModel, Translations, other_languages
from clinic.core.phones import PhoneInput
from clinic.core.plain_text import visible_line


def add_errors(form: forms.BaseForm, error: ValidationError) -> None:
    """Show a service's refusal at the fields that it is about."""
    by_field = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error}
    for name, errors in by_field.items():
        form.add_error(name if name in form.fields else None, errors)


def field_of(model: type[Model], name: str, **options: Any) -> Any:
    """Return a form field that takes label, length and choices from a field of the model."""
    field = model._meta.get_field(name)
    if isinstance(field, DateField) and not isinstance(field, DateTimeField):
        options.setdefault("form_class", DayField)
    return field.formfield(**options)  # type: ignore[union-attr]


def phone_field() -> forms.Field:
    """Return a field for a phone number, national or with a country code."""
    field: forms.Field = PhoneInput(
        label=_("Phone"),
        required=False,
        help_text=_("Numbers from abroad start with + and the country code."),
        error_messages={
            "invalid": _("This is not a complete phone number. Write it like +33 6 12 34 56 78.")
        },
    )
    field.widget.attrs |= {"autocomplete": "tel", "dir": "ltr"}
    return field


def first_language() -> str:
    """Return the default language for a person."""
    offered = [code for code, _name in ClinicSettings.objects.current().offered_languages]
    return settings.LANGUAGE_CODE if settings.LANGUAGE_CODE in offered else offered[0]


def offer_languages(field: forms.Field, *, chosen: str) -> None:
    """Offer the clinic's languages, plus the one chosen before."""
    assert isinstance(field, forms.ChoiceField)
    offered = [code for code, _name in ClinicSettings.objects.current().offered_languages]
    field.choices = [
        (code, name) for code, name in settings.LANGUAGES if code in offered or code == chosen
    ]


def language_field() -> forms.ChoiceField:
    """Return a field for the language of pages and emails."""
    return forms.ChoiceField(
        label=_("Language"),
        choices=lambda: list(ClinicSettings.objects.current().offered_languages),
        initial=first_language,
        help_text=_("Pages and emails use this language."),
    )


def day_field(label: Any, **options: Any) -> DayField:
    """Return a field for a day of the clinic's calendar."""
    return DayField(label=label, error_messages={"required": _("Choose a day.")}, **options)


def clock_field(label: Any, **options: Any) -> forms.TimeField:
    """Return a field for a time by the clinic's clock."""
    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    return forms.TimeField(label=label, widget=widget, **options)


def moment_field(label: Any) -> forms.DateTimeField:
    """Return a field for a day and a time by the clinic's clock."""
    return MomentField(
        label=label,
        widget=MomentInput(),
        error_messages={
            "required": _("Choose a day and a time."),
            "invalid": _("This is not a valid day and time."),
        },
    )


def allow_rows(field: forms.Field, rows: QuerySet[Any]) -> None:
    """Make a field offer these rows and accept no other."""
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows


def offer_rows(field: forms.Field, rows: Iterable[Model]) -> None:
    """Offer rows that were already read; the submitted choice is checked as before."""
    assert isinstance(field, forms.ModelChoiceField)
    choices: list[tuple[Any, str]] = [
        (field.prepare_value(row), field.label_from_instance(row)) for row in rows
    ]
    if field.empty_label is not None:
        choices.insert(0, ("", str(field.empty_label)))
    field.choices = choices


def names_of(entry: TranslatedModel) -> dict[str, str]:
    """Return a row's names in the other languages, keyed by form field."""
    return {
        f"name_{code}": entry.translations.get(code, {}).get("name", "")
        for code, _name in other_languages()
    }


class TranslatedNames(forms.BaseForm):
    """Adds a field for a row's name in every other language of the site."""

    def ask_for_names(self, entry: TranslatedModel | None) -> None:
        """Add a field for each language."""
        for code, language in other_languages():
            self.fields[f"name_{code}"] = forms.CharField(
                label=_("Name in %(language)s") % {"language": language},
                required=False,
                max_length=80,
                initial=entry.translations.get(code, {}).get("name", "") if entry else "",
                widget=forms.TextInput(attrs={"lang": code, "dir": "auto"}),
                help_text=_("If left empty, this language shows the name above."),
            )

    @property
    def translations(self) -> Translations:
        """The names in the other languages, without the empty ones."""
        names = {
            code: visible_line(self.cleaned_data[f"name_{code}"])
            for code, _name in other_languages()
        }
        return {code: {"name": name} for code, name in names.items() if name}
