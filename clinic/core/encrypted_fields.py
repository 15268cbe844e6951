"""Model fields that are encrypted in the database and plain in Python.

Each value is bound to its table, column and row, so it cannot be opened anywhere else. The empty
text stays empty: the database may ask whether there is a text, and any other lookup is refused.

The row must be known when a value is stored and when it is read. `pre_save` is given the row, by
`save` and by `bulk_create`; `RowBoundQuerySet` adds it to what `update` and `bulk_update` store.
Every query that reads an encrypted column reads the key of the same row with it.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from django.core.exceptions import FieldError
from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Combinable, Expression
from django.db.models.lookups import Exact, IsNull, Lookup
from django.db.models.sql.compiler import SQLCompiler

from clinic.core.encryption import (
    UnreadableError,
    is_old_text,
    open_text,
    row_key,
    seal_text,
)
from clinic.core.old_format import is_old_format_readable
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


@dataclass(frozen=True, eq=False)
class Bound:
    """A plain value on its way into the database, with the row that it will be bound to."""

    value: Any
    row: str


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

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        return value if hasattr(value, "as_sql") else self.bound(value, model_instance)

    def bound(self, value: Any, row: models.Model) -> Bound:
        """Return the value with its row, whose key must be known before it is stored."""
        if row.pk is None:
            raise FieldError(f"{self.context}: a row with encrypted values chooses its own key.")
        return Bound(value, row_key(row.pk))

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if hasattr(value, "as_sql"):
            return value  # each Value inside it comes here on its own
        row = value.row if isinstance(value, Bound) else ""
        text = self.as_text(value.value if isinstance(value, Bound) else value)
        if text and not row:
            raise FieldError(f"{self.context}: an encrypted value is stored with its row.")
        return seal_text(text, context=self.context, row=row) if text else text

    def select_format(
        self, compiler: SQLCompiler, sql: str, params: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        """Read the row's key with the value; a subquery has already done so."""
        quote = compiler.connection.ops.quote_name
        table, own, _rest = sql.rpartition(f".{quote(str(self.column))}")
        if not own or not re.fullmatch(r"\w+|\"[^\"]+\"", table):
            return sql, params
        key = f"{table}.{quote(str(self.model._meta.pk.column))}"
        return f"CASE WHEN {sql} <> '' THEN CAST({key} AS text) || '/' || {sql} ELSE {sql} END", ()

    def from_db_value(
        self, value: str | None, expression: Expression, connection: BaseDatabaseWrapper
    ) -> Any:
        if not value:
            return value
        key, _slash, sealed = value.partition("/")
        if not sealed:
            raise UnreadableError(self.context, "read without its row")
        return self.from_text(
            open_text(
                sealed,
                context=self.context,
                row=row_key(key),
                takes_old=is_old_text(sealed) and is_old_format_readable(connection),
            )
        )

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


M = TypeVar("M", bound=models.Model)


class RowBoundQuerySet(models.QuerySet[M]):
    """Rows with encrypted columns: `update` and `bulk_update` bind what they store to each row."""

    def update(self, **kwargs: Any) -> int:
        encrypted = {
            name: value
            for name, value in kwargs.items()
            if name in self._encrypted_names() and value and not hasattr(value, "as_sql")
        }
        if not encrypted:
            return super().update(**kwargs)
        changed = 0
        with transaction.atomic(using=self.db):
            for key in list(self.order_by().values_list("pk", flat=True)):
                bound = {name: Bound(value, row_key(key)) for name, value in encrypted.items()}
                # The conditions hold for each row at the moment of its update.
                one = super(RowBoundQuerySet, self.filter(pk=key))
                changed += one.update(**{**kwargs, **bound})  # type: ignore[attr-defined]
        return changed

    def bulk_update(
        self, objs: Iterable[M], fields: Iterable[str], batch_size: int | None = None
    ) -> int:
        rows, names = list(objs), list(fields)
        encrypted = self._encrypted_names() & set(names)
        plain = [(row, name, getattr(row, name)) for row in rows for name in encrypted]
        try:
            for row, name, value in plain:
                setattr(row, name, Bound(value, row_key(row.pk)))
            return super().bulk_update(rows, names, batch_size=batch_size)
        finally:
            for row, name, value in plain:
                setattr(row, name, value)

    def _encrypted_names(self) -> set[str]:
        fields = self.model._meta.concrete_fields
        return {field.name for field in fields if isinstance(field, EncryptedMixin)}


def _refusal(lookup_name: str) -> FieldError:
    return FieldError(
        f"An encrypted field has no lookup “{lookup_name}”: the database cannot read it. "
        "Fetch the rows and compare them in Python."
    )
