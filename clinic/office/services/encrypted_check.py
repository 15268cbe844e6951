"""Open everything that is encrypted at its own row, and say what does not open there."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import connection
from django.db.models import Model

from clinic.core.encrypted_columns import BATCH, Column, batches, encrypted_columns
from clinic.core.encryption import UnreadableError, is_old_text, open_text
from clinic.core.files.bound import BoundFileField
from clinic.core.old_format import is_old_format_readable
from clinic.people.services.second_factors import SECRETS_CONTEXT, open_secrets


@dataclass(frozen=True)
class Checked:
    """One value that was opened, or the reason why it could not be."""

    place: str
    row: Any
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.place}/{self.row}"


def check_encrypted(*, after: str = "") -> Iterator[Checked]:
    """Open every text, secret and file, in the order of places and rows.

    Each is named by its table, column and row. A check that was interrupted goes on behind the last
    one that it named.
    """
    last_place, _slash, last_row = after.partition("/")
    ways = _ways()
    if last_place and last_place not in ways:
        raise ValueError(f"Nothing encrypted is in {last_place}.")
    for place in sorted(ways):
        if place >= last_place:
            yield from ways[place](after=last_row if place == last_place else None)


def _ways() -> dict[str, Any]:
    texts = {each.context: partial(_texts, each) for each in encrypted_columns(apps)}
    files = {
        f"{model._meta.db_table}.{field.column}": partial(_files, model, field.name)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, BoundFileField)
    }
    return {**texts, **files, SECRETS_CONTEXT: _secrets}


def _texts(column: Column, *, after: Any) -> Iterator[Checked]:
    for cells in batches(connection, column, after=after):
        for cell in cells:
            takes_old = is_old_text(cell.stored) and is_old_format_readable()
            read = partial(
                open_text, cell.stored, context=column.context, row=cell.row, takes_old=takes_old
            )
            yield _opened(column.context, cell.key, read)


def _files(model: type[Model], name: str, *, after: Any) -> Iterator[Checked]:
    place = f"{model._meta.db_table}.{name}"
    rows = model._base_manager.exclude(**{name: ""}).order_by("pk")
    for row in _in_batches(rows.only("pk", *_columns_of_file(model, name)), after):
        yield _opened(place, row.pk, partial(_read, getattr(row, name)))


def _read(file: Any) -> None:
    with file.open("rb"):
        pass


def _secrets(*, after: Any) -> Iterator[Checked]:
    for factor in _in_batches(Authenticator.objects.order_by("pk"), after):
        yield _opened(SECRETS_CONTEXT, factor.pk, partial(open_secrets, factor))


def _columns_of_file(model: type[Model], name: str) -> list[str]:
    known = model._meta.get_field(name).sha256_field  # type: ignore[union-attr]
    return [name, known] if known else [name]


def _in_batches(rows: Any, after: Any) -> Iterator[Any]:
    while batch := list((rows.filter(pk__gt=after) if after else rows)[:BATCH]):
        yield from batch
        after = batch[-1].pk


def _opened(place: str, row: Any, read: Any) -> Checked:
    try:
        read()
    except UnreadableError as error:
        return Checked(place, row, str(error).rpartition(": ")[2])
    except FileNotFoundError:
        return Checked(place, row, "the file is missing")
    return Checked(place, row)
