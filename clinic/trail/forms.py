"""Forms that remember what they showed, so that stale ones can say what has changed since."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.db.models import Model
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext
from phonenumber_field.phonenumber import PhoneNumber

from clinic.trail.services.seen import ChangedMeanwhileError, Facts, mark, marks, read_marks

SEEN = "seen"


class SeenForm(forms.BaseForm):
    """A form that edits a lasting row and carries a mark of every fact that it showed."""

    base_fields: ClassVar[dict[str, forms.Field]]
    cleaned_data: dict[str, Any]
    # Whether the page shows its fields again, so that they can take over the stored values.
    is_shown_again = True

    def stored(self, row: Any) -> Facts:
        """Return the facts of a row, keyed by the fields that edit them."""
        return {name: getattr(row, name) for name in self.base_fields}

    def rows_of(self, row: Any) -> Sequence[Model]:
        """Return the rows in which to look for the change that the person has not seen."""
        return [row]

    def carry(self, row: Any, facts: Facts | None = None) -> None:
        """Store marks of the row's present values in a field that the page sends back."""
        shown = self._shown(row, facts)
        self.fields[SEEN] = forms.CharField(required=False, widget=forms.HiddenInput)
        self.initial[SEEN] = marks(shown)

    def refuse_stale(self, row: Any) -> None:
        """Refuse where the row, locked by the service, no longer says what the form showed.

        Somebody who sends what is already stored, as a second click does, is not refused.
        """
        stored = self._shown(row)
        typed = self.cleaned_data
        if all(_same(name, typed[name], value) for name, value in stored.items() if name in typed):
            return
        seen = read_marks(typed.get(SEEN, ""))
        changed = [name for name, value in stored.items() if seen.get(name) != mark(name, value)]
        if changed:
            raise ChangedMeanwhileError(rows=self.rows_of(row), stored=stored, changed=changed)

    def add_error(self, field: Any, error: Any) -> None:
        """Show a conflict at the fields that it is about, and every other error as usual."""
        if isinstance(error, ChangedMeanwhileError):
            self.show_conflict(error)
        else:
            super().add_error(field, error)

    def _shown(self, row: Any, facts: Facts | None = None) -> Facts:
        facts = self.stored(row) if facts is None else facts
        return {name: value for name, value in facts.items() if name in self.fields}

    def show_conflict(self, error: ChangedMeanwhileError) -> None:
        """Show the typed values with the stored ones next to them, and let the next click decide.

        A field that the person had not touched takes over the stored value.
        """
        seen = read_marks(self.cleaned_data.get(SEEN, ""))
        data = QueryDict(mutable=True)
        data.update(self.data)
        for name in error.changed:
            typed, now = self.cleaned_data.get(name), error.stored[name]
            if _same(name, typed, now):
                continue
            is_hidden = self.fields[name].widget.is_hidden
            if self.is_shown_again and seen.get(name) == mark(name, typed):
                _write(data, self[name], now)
                words = gettext("Changed in the meantime.")
            else:
                words = gettext("Now stored: %(value)s") % {"value": in_words(self[name], now)}
            if not is_hidden:
                self.add_error(name, words)
        data[self.add_prefix(SEEN)] = marks(error.stored)
        self.data = data
        super().add_error(None, error)


def in_words(field: forms.BoundField, value: object) -> str:
    """Return a stored value as the person would read it."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if value is None or value == "":
        return gettext("nothing")
    if isinstance(value, date):
        return date_format(value)
    if isinstance(value, PhoneNumber) and value.is_valid():
        return str(value.as_international)
    choices = getattr(field.field, "choices", None)
    if choices is not None and not isinstance(value, Model):
        return str(dict(choices).get(value, value))
    return str(value)


def _same(name: str, one: object, other: object) -> bool:
    return mark(name, one) == mark(name, other)


def _write(data: QueryDict, field: forms.BoundField, value: object) -> None:
    """Put a stored value into the data that the page shows again."""
    if isinstance(value, bool):
        data.pop(field.html_name, None)
        if value:
            data[field.html_name] = "on"
        return
    shown = field.field.prepare_value(value)
    data[field.html_name] = "" if shown is None else str(shown)
