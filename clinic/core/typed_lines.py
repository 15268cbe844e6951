"""What is typed into one line: no line breaks, nothing unseen, codes in digits of any script."""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinic.core.digits import western
from clinic.core.phones import PhoneInput
from clinic.core.plain_text import visible_line

# They embed, override and isolate the direction of text; a mark between two letters is only unseen.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_POINTS = str.maketrans({",": ".", "٫": ".", "،": "."})


def read_line(text: str) -> str:
    """Refuse a line with characters that hide or turn text, or with nothing that can be seen."""
    if any(each in _TURNING or _is_control(each) for each in text):
        raise ValidationError(
            _(
                "There are characters in it that cannot be seen, such as a line break or one that "
                "turns the text around. Type it again instead of pasting it."
            ),
            code="unseen",
        )
    if text and not visible_line(text):
        raise ValidationError(_("Nothing in it can be seen. Please type it again."), code="unseen")
    return text


def guard_lines() -> None:
    """Let every text field on one line read so, also those of the sign-in pages, not ours.

    And let every number and time be typed in the digits of any script.
    """
    forms.CharField.clean = _clean  # type: ignore[method-assign,assignment]
    forms.IntegerField.clean = _clean_number  # type: ignore[method-assign,assignment]
    forms.TimeField.clean = _clean_time  # type: ignore[method-assign,assignment]


def _clean(field: forms.CharField, value: Any) -> Any:
    """Check what was typed into the field before anything else does."""
    is_line = isinstance(field.widget, forms.TextInput | forms.EmailInput)
    # A phone number is often pasted with marks around it, which mean nothing.
    if is_line and isinstance(value, str) and not isinstance(field, PhoneInput):
        value = read_line(value.strip() if field.strip else value)
        if field.widget.attrs.get("autocomplete") == "one-time-code":
            value = western(value)
    return forms.Field.clean(field, value)


def _clean_number(field: forms.IntegerField, value: Any) -> Any:
    """Read a number; a fraction may have any comma, which in a whole number marks thousands."""
    typed = western(value) if isinstance(value, str) else value
    if isinstance(typed, str) and isinstance(field, forms.DecimalField | forms.FloatField):
        typed = typed.translate(_POINTS)
    return forms.Field.clean(field, typed)


def _clean_time(field: forms.TimeField, value: Any) -> Any:
    return forms.Field.clean(field, western(value) if isinstance(value, str) else value)


def _is_control(character: str) -> bool:
    return character != "\t" and unicodedata.category(character) in {"Cc", "Zl", "Zp"}
