"""Telephone numbers with their extension, in digits of any script."""

from typing import Any, Self

import phonenumbers
from django.conf import settings
from django.core import validators
from phonenumber_field import formfields, modelfields
from phonenumber_field.phonenumber import PhoneNumber

from clinic.core.digits import western
from clinic.core.plain_text import visible_line

EXTENSION = ";ext="


class Phone(PhoneNumber):  # type: ignore[misc]
    """A number that is stored as +33612345678, or as +33123456789;ext=12 behind a switchboard."""

    def __str__(self) -> str:
        """Return the number as it is stored."""
        if not self.is_valid():
            return str(self.raw_input)
        return f"{self.as_e164}{EXTENSION}{self.extension}" if self.extension else self.as_e164

    def __eq__(self, other: object) -> bool:
        """Compare numbers with their extensions, which the library leaves out."""
        if other in validators.EMPTY_VALUES:
            return False
        if not isinstance(other, str | phonenumbers.PhoneNumber):
            return False
        return str(self) == str(read_phone(other))

    def __hash__(self) -> int:
        """Return a hash that is equal for equal numbers."""
        return hash(str(self))

    @classmethod
    def typed(cls, text: str) -> Self:
        """Return what somebody typed, even if it is no number."""
        number: Self
        try:
            number = cls.from_string(western(visible_line(text)))
        except phonenumbers.NumberParseException:
            number = cls(raw_input=text)
        return number


def read_phone(value: Any) -> Any:
    """Return a text or a number as a `Phone`, and an empty value as it is."""
    if value in validators.EMPTY_VALUES or isinstance(value, Phone):
        return value
    if isinstance(value, phonenumbers.PhoneNumber):
        phone = Phone()
        phone.merge_from(value)
        return phone
    return Phone.typed(str(value))


class _Descriptor(modelfields.PhoneNumberDescriptor):  # type: ignore[misc]
    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.name] = read_phone(value)


class PhoneField(modelfields.PhoneNumberField):  # type: ignore[misc]
    """A telephone number of a person or the clinic."""

    attr_class = Phone
    descriptor_class = _Descriptor

    def deconstruct(self) -> Any:
        """Look like the library's field to migrations, because the column is the same."""
        name, _path, args, options = super().deconstruct()
        return name, "phonenumber_field.modelfields.PhoneNumberField", args, options

    def to_python(self, value: Any) -> Any:
        """Return the number."""
        return read_phone(value)

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> Any:
        """Return the stored number."""
        return read_phone(value)

    def get_prep_value(self, value: Any) -> Any:
        """Return a number as it is stored."""
        return str(read_phone(value)) if value else value


class PhoneInput(formfields.PhoneNumberField):  # type: ignore[misc]
    """A field for a telephone number."""

    def __init__(self, **options: Any) -> None:
        super().__init__(region=settings.PHONENUMBER_DEFAULT_REGION, **options)

    def prepare_value(self, value: Any) -> Any:
        """Show a number with its extension as people write it."""
        if isinstance(value, Phone) and value.is_valid() and value.extension:
            return value.as_international
        return value

    def to_python(self, value: Any) -> Any:
        """Return the typed number."""
        return read_phone(value.strip() if isinstance(value, str) else value) or self.empty_value
