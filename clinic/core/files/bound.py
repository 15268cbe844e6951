"""Files that are bound to the row that names them."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.files import File
from django.db import models
from django.db.models.fields.files import FieldFile

from clinic.core.encryption import row_key


@dataclass(frozen=True)
class Place:
    """The row and column that a file belongs to, and the fingerprint that the row knows."""

    row: str
    sha256: str = ""


_place: ContextVar[Place | None] = ContextVar("place_of_a_file", default=None)


def current_place() -> Place | None:
    """Return the row for which a file is stored or read right now."""
    return _place.get()


@contextmanager
def file_of(row: models.Model, field: str, *, sha256: str = "") -> Iterator[None]:
    """Bind each file that is stored inside to the row, and read only those that are."""
    column = str(row._meta.get_field(field).column)  # type: ignore[union-attr]
    if row.pk is None:
        raise ValueError("A row with a file chooses its own key.")
    table = row._meta.db_table
    token = _place.set(Place(f"{table}.{column}/{row_key(row.pk)}", sha256))
    try:
        yield
    finally:
        _place.reset(token)


def rows_of_file(name: str) -> list[str]:
    """Return the rows that name a file, in the form that it is bound to."""
    return [
        f"{model._meta.db_table}.{field.column}/{row_key(key)}"
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, BoundFileField)
        for key in model._base_manager.filter(**{field.name: name}).values_list("pk", flat=True)
    ]


class BoundFieldFile(FieldFile):
    """A file that only its own row can store and read."""

    def open(self, mode: str = "rb") -> Any:  # type: ignore[override]
        with self._at_its_row():
            return super().open(mode)

    def save(self, name: str | None, content: File[Any], save: bool = True) -> None:
        with self._at_its_row(is_new=True):
            super().save(name, content, save)  # type: ignore[arg-type]

    @property
    def file(self) -> Any:
        """Return the open file; it is opened when first asked for."""
        with self._at_its_row():
            return super().file

    @file.setter
    def file(self, file: Any) -> None:
        FieldFile.file.fset(self, file)

    @file.deleter
    def file(self) -> None:
        FieldFile.file.fdel(self)

    def _at_its_row(self, *, is_new: bool = False) -> Any:
        known = self.field.sha256_field  # type: ignore[attr-defined]
        sha256 = getattr(self.instance, known) if known and not is_new else ""
        return file_of(self.instance, self.field.name, sha256=sha256)


class BoundFileField(models.FileField):
    """A file that is encrypted for its row; to the database it is a file field like any other."""

    attr_class = BoundFieldFile

    def __init__(self, *args: Any, sha256_field: str = "", **kwargs: Any) -> None:
        self.sha256_field = sha256_field
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.FileField", args, kwargs
