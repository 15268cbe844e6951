"""Encrypted columns as the database sees them, for migrations and key rotation.

Rows are read and written in SQL, not through the models, because the stored text is what counts.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps.registry import Apps
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from clinic.core.encrypted_fields import EncryptedMixin
from clinic.core.encryption import (
    BOUND_TEXT,
    TEXT_PREFIX,
    UnreadableError,
    open_text,
    row_key,
    seal_text,
)

# Texts of any key that are bound to their row, as the start of a LIKE pattern.
BOUND = f"{TEXT_PREFIX}%:{BOUND_TEXT}"
BATCH = 200  # rows; a batch this small blocks nobody for long


@dataclass(frozen=True)
class Column:
    """One encrypted column, and the key of its table."""

    table: str
    name: str
    key: str

    @property
    def context(self) -> str:
        """The place that the column's values are bound to."""
        return f"{self.table}.{self.name}"


@dataclass(frozen=True)
class Cell:
    """One stored value."""

    key: Any
    stored: str

    @property
    def row(self) -> str:
        """The key as the text is bound to it."""
        return row_key(self.key)


def encrypted_columns(apps: Apps, app_label: str | None = None) -> list[Column]:
    """Return every encrypted column of the site, or of one app."""
    return [
        Column(table=model._meta.db_table, name=str(field.column), key=_key_of(model))
        for model in apps.get_models(include_auto_created=True)
        if app_label in (None, model._meta.app_label) and not model._meta.proxy
        for field in model._meta.local_fields
        if isinstance(field, EncryptedMixin)
    ]


def batches(
    connection: BaseDatabaseWrapper,
    column: Column,
    *,
    other_than: str = "",
    size: int = BATCH,
    after: Any = None,
) -> Iterator[list[Cell]]:
    """Read a column's texts in the order of its key; optionally only those with other prefixes.

    `after` is the key of the last row that was read before.
    """
    last = after
    while cells := _batch(connection, column, other_than=other_than, after=last, size=size):
        yield cells
        last = cells[-1].key


def count(connection: BaseDatabaseWrapper, column: Column, *, other_than: str) -> int:
    """Count the texts of a column that do not begin with the prefix."""
    table, name, _key = _quoted(connection, column)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {table} WHERE {name} <> '' AND {name} NOT LIKE %s",  # noqa: S608
            [f"{other_than}%"],
        )
        return int(cursor.fetchone()[0])


def replace(connection: BaseDatabaseWrapper, column: Column, cell: Cell, text: str) -> bool:
    """Replace a stored text, unless somebody has changed it since it was read."""
    table, name, key = _quoted(connection, column)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {name} = %s WHERE {key} = %s AND {name} = %s",  # noqa: S608
            [text, cell.key, cell.stored],
        )
        return bool(cursor.rowcount)


def seal_stored_texts(app_label: str, only: Collection[str] = ()) -> Callable[[Apps, Any], None]:
    """Encrypt, as a migration step, the plain texts of an app or of some columns."""

    def _seal(apps: Apps, schema_editor: Any) -> None:
        def sealed(cell: Cell, column: Column) -> str | None:
            if cell.stored.startswith(TEXT_PREFIX):
                return None
            return seal_text(cell.stored, context=column.context, row=cell.row)

        _rewrite(schema_editor.connection, _of(apps, app_label, only), sealed)

    return _seal


def open_stored_texts(app_label: str, only: Collection[str] = ()) -> Callable[[Apps, Any], None]:
    """Decrypt, as the reverse migration step, the texts of an app or of some columns."""

    def _open(apps: Apps, schema_editor: Any) -> None:
        def opened(cell: Cell, column: Column) -> str | None:
            return open_cell(cell, column)

        _rewrite(schema_editor.connection, _of(apps, app_label, only), opened)

    return _open


def bind_stored_texts(apps: Apps, connection: BaseDatabaseWrapper) -> list[str]:
    """Bind every text to its row, a batch at a time; return the places that cannot be read.

    Interrupted, it goes on where it stopped, because what is bound is skipped.
    """
    unreadable = []
    for column in encrypted_columns(apps):
        for cells in batches(connection, column, other_than=BOUND):
            with transaction.atomic(using=connection.alias):
                for cell in cells:
                    try:
                        plain = open_cell(cell, column)
                    except UnreadableError as error:
                        unreadable.append(str(error))
                        continue
                    sealed = seal_text(plain, context=column.context, row=cell.row)
                    replace(connection, column, cell, sealed)
    return unreadable


def open_cell(cell: Cell, column: Column) -> str:
    """Decrypt a stored text, whichever format it has."""
    return open_text(cell.stored, context=column.context, row=cell.row, takes_old=True)


def _of(apps: Apps, app_label: str, only: Collection[str]) -> list[Column]:
    columns = encrypted_columns(apps, app_label)
    return [column for column in columns if not only or column.context in only]


def _rewrite(
    connection: BaseDatabaseWrapper,
    columns: list[Column],
    rewritten: Callable[[Cell, Column], str | None],
) -> None:
    with transaction.atomic(using=connection.alias):
        for column in columns:
            for cells in batches(connection, column):
                for cell in cells:
                    text = rewritten(cell, column)
                    if text is not None:
                        replace(connection, column, cell, text)


def _key_of(model: type[Model]) -> str:
    return str(model._meta.pk.column)


def _batch(
    connection: BaseDatabaseWrapper, column: Column, *, other_than: str, after: Any, size: int
) -> list[Cell]:
    table, name, key = _quoted(connection, column)
    conditions, values = [f"{name} <> ''"], []
    if other_than:
        conditions.append(f"{name} NOT LIKE %s")
        values.append(f"{other_than}%")
    if after is not None:
        conditions.append(f"{key} > %s")
        values.append(after)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {key}, {name} FROM {table} "  # noqa: S608
            f"WHERE {' AND '.join(conditions)} ORDER BY {key} LIMIT %s",
            [*values, size],
        )
        return [Cell(key=row[0], stored=row[1]) for row in cursor.fetchall()]


def _quoted(connection: BaseDatabaseWrapper, column: Column) -> tuple[str, str, str]:
    quote = connection.ops.quote_name
    return quote(column.table), quote(column.name), quote(column.key)
