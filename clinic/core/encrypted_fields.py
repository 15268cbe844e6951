"""Model fields that are encrypted in the database and plain in Python.

Each value is bound to its table and column, so it cannot be opened anywhere else. The empty text
stays empty: the database may ask whether there is a text, and any other lookup is refused.
"""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from django.core.exceptions import FieldError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Combinable, Expression
from django.db.models.lookups import Exact, IsNull, Lookup
from django.db.models.sql.compiler import SQLCompiler

from clinic.core.encryption import open_text, seal_text
from clinic.core.plain_text import visible_line
from clinic.core.text_bounds import refuse_endless_words, refuse_long_text


class IsEmpty(Exact[Any]):
    """The one comparison that the database can make: whether there is a text."""

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[str | int, ...]]:
        if self.rhs != "":
            raise _refusal("exact")
        return super().as_sql(compiler, connection)


class EncryptedMixin(models.Field):  # type: ignore[type-arg]
    """The common part of the encrypted fields: how a value enters and leaves the database."""

    LOOKUPS: ClassVar[dict[str, type[Lookup[Any]]]] = {"exact": IsEmpty, "isnull": IsNull}

    @property
    def context(self) -> str:
        """The place that values of this field are bound to."""
        return f"{self.model._meta.db_table}.{self.column}"

    def get_internal_type(self) -> str:
        return "TextField"

    def get_lookup(self, lookup_name: str) -> type[Lookup[Any]]:
        try:
            return self.LOOKUPS[lookup_name]
        except KeyError:
            raise _refusal(lookup_name) from None

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if hasattr(value, "as_sql"):
            return value  # each Value inside it comes here on its own
        text = self.as_text(value)
        return seal_text(text, context=self.context) if text else text

    def from_db_value(
        self, value: str | None, expression: Expression, connection: BaseDatabaseWrapper
    ) -> Any:
        return self.from_text(open_text(value, context=self.context)) if value else value

    def as_text(self, value: Any) -> str | None:
        """Return the value as the text that is encrypted."""
        return None if value is None else str(value)

    def from_text(self, text: str) -> Any:
        """Return the value of a text that was decrypted."""
        return text


class EncryptedTextField(EncryptedMixin, models.TextField[str | Combinable, str]):
    """A text of a few pages; the limits apply to the plain text, not to what is stored."""

    default_validators = (refuse_long_text, refuse_endless_words)  # type: ignore[assignment]


class EncryptedCharField(EncryptedMixin, models.CharField[str | Combinable, str]):
    """A short text; its maximum length applies to the plain text, not to what is stored."""

    def to_python(self, value: Any) -> Any:
        """Remove invisible characters, as in every name on one line."""
        text = super().to_python(value)
        return visible_line(text) if isinstance(text, str) else text


class EncryptedJSONField(EncryptedMixin, models.JSONField):
    """Lists and dicts that contain clinical text."""

    def get_transform(self, lookup_name: str) -> Any:
        # A key inside the value is as unreadable as the whole value.
        raise _refusal(lookup_name)

    def db_check(self, connection: BaseDatabaseWrapper) -> None:
        return None

    def as_text(self, value: Any) -> str | None:
        return None if value is None else json.dumps(value, cls=self.encoder)

    def from_text(self, text: str) -> Any:
        decoder: Callable[..., Any] | None = self.decoder
        return json.loads(text, cls=decoder)  # type: ignore[arg-type]


def _refusal(lookup_name: str) -> FieldError:
    return FieldError(
        f"An encrypted field has no lookup “{lookup_name}”: the database cannot read it. "
        "Fetch the rows and compare them in Python."
    )
