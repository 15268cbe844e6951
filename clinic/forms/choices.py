"""Choices from rows that a page has read already, so that two forms do not read them twice."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Model


def offer_rows(field: forms.Field, rows: Iterable[Model]) -> None:
    """Makes a field draw these rows; what comes back is still checked against its queryset."""
    assert isinstance(field, forms.ModelChoiceField)
    choices: list[tuple[Any, str]] = [
        (field.prepare_value(row), field.label_from_instance(row)) for row in rows
    ]
    if field.empty_label is not None:
        choices.insert(0, ("", str(field.empty_label)))
    field.choices = choices
