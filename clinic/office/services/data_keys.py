"""Rotate the keys that encrypt photographs and texts, while the site runs."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import connection, transaction

from clinic.core.encrypted_columns import (
    BATCH,
    batches,
    count,
    encrypted_columns,
    open_cell,
    replace,
)
from clinic.core.encrypted_storage import PARTIAL
from clinic.core.encryption import (
    HEAD_BYTES,
    UnreadableError,
    first_text_prefix,
    is_old_file,
    key_id_of_file,
    keyring,
    rewrap_file,
    seal_file,
    seal_text,
)
from clinic.core.files.bound import rows_of_file
from clinic.people.services.second_factors import rotate_secrets, secrets_under_old_keys

BESIDE = ".rewrap"  # the suffix of a file while it is written
LOCK = ".rewrap-lock"


@dataclass(frozen=True)
class Remaining:
    """What still needs a key other than the first."""

    files: int
    plain_files: int
    texts: int

    def __bool__(self) -> bool:
        return bool(self.files or self.plain_files or self.texts)


@dataclass
class Rotation:
    """What a run has done so far, and the places that it could not read."""

    files: int = 0
    texts: int = 0
    unreadable: list[str] = field(default_factory=list)


def remaining() -> Remaining:
    """Count what is not encrypted with the first key."""
    heads = [_head(path) for path in _files()]
    prefix = first_text_prefix()
    return Remaining(
        files=sum(_needs_change(head) for head in heads),
        plain_files=sum(key_id_of_file(head) is None for head in heads),
        texts=sum(
            count(connection, column, other_than=prefix) for column in encrypted_columns(apps)
        )
        + sum(map(len, secrets_under_old_keys().values())),
    )


def rotate_data_keys(
    *,
    takes_plain_files: bool = False,
    batch_size: int = BATCH,
    on_progress: Callable[[Rotation], None] = lambda rotation: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Rotation:
    """Encrypt every file and text with the first key, bound to its row; skip those that are.

    A run can stop at any moment, and the next one continues where it stopped. Each file and text is
    complete at all times, under either the old key or the new one.
    """
    rotation = Rotation()
    with alone_with_files():
        for _batch in _rotate_files(rotation, takes_plain_files, batch_size):
            on_progress(rotation)
            if should_stop():
                return rotation
        for _batch in _rotate_texts(rotation, batch_size):
            on_progress(rotation)
            if should_stop():
                return rotation
    return rotation


def _rotate_files(rotation: Rotation, takes_plain: bool, batch_size: int) -> Iterator[None]:
    for path in _files():
        head = _head(path)
        is_plain = key_id_of_file(head) is None
        if not (takes_plain if is_plain else _needs_change(head)):
            continue
        try:
            rotation.files += _rotate_file(path, is_plain=is_plain)
        except UnreadableError as error:
            rotation.unreadable.append(str(error))
        if rotation.files % batch_size == 0:
            yield
    yield


def bind_files(on_unreadable: Callable[[str], None] = lambda place: None) -> int:
    """Bind every file of a row to that row; return how many were not yet.

    Interrupted, it goes on where it stopped: a file is replaced whole.
    """
    bound = 0
    with alone_with_files():
        for path in _files():
            if is_old_file(_head(path)):
                try:
                    bound += _rotate_file(path, is_plain=False)
                except UnreadableError as error:
                    on_unreadable(str(error))
    return bound


def _needs_change(head: bytes) -> bool:
    return key_id_of_file(head) not in (None, keyring().first.id) or is_old_file(head)


def _rotate_file(path: Path, *, is_plain: bool) -> bool:
    name = path.relative_to(_folder()).as_posix()
    try:
        stored = path.read_bytes()
    except FileNotFoundError:
        return False  # deleted meanwhile
    rows = rows_of_file(name)
    # No row, or several, as only somebody at the database can have made them: nobody's file.
    row = rows[0] if len(rows) == 1 else ""
    if is_plain:
        content = seal_file(stored, name=name, row=row)
    else:
        try:
            content = rewrap_file(stored, name=name, row=row)
        except UnreadableError:
            content = rewrap_file(stored, name=name)  # stored without a row, which came later
    return _replace_file(path, content)


def _rotate_texts(rotation: Rotation, batch_size: int) -> Iterator[None]:
    prefix = first_text_prefix()
    for column in encrypted_columns(apps):
        for cells in batches(connection, column, other_than=prefix, size=batch_size):
            with transaction.atomic():
                for cell in cells:
                    try:
                        plain = open_cell(cell, column)
                    except UnreadableError as error:
                        rotation.unreadable.append(str(error))
                        continue
                    sealed = seal_text(plain, context=column.context, row=cell.row)
                    rotation.texts += replace(connection, column, cell, sealed)
            yield
    for factor in secrets_under_old_keys():
        try:
            rotation.texts += rotate_secrets(factor)
        except UnreadableError as error:
            rotation.unreadable.append(str(error))
        yield


def _replace_file(path: Path, content: bytes) -> bool:
    """Write a second file, then swap the two at once, so that readers always find a whole file."""
    beside = path.with_name(f".{path.name}{BESIDE}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if not path.exists():
        beside.unlink()
        return False
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True


@contextmanager
def alone_with_files() -> Iterator[None]:
    """Prevent a second run, and remove the half-written files of a run that was killed."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ValidationError("Another run is already changing the keys.") from error
        for path in folder.rglob(f".*{BESIDE}"):
            path.unlink()
        yesterday = time.time() - timedelta(days=1).total_seconds()
        for path in folder.glob(f".*{PARTIAL}"):
            # Left by an interrupted upload; a younger file may belong to one that is still running.
            if path.stat().st_mtime < yesterday:
                path.unlink(missing_ok=True)
        yield


def _files() -> Iterator[Path]:
    """Return the site's files, without those of this module, which begin with a dot."""
    return (
        path
        for path in sorted(_folder().rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    )


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except FileNotFoundError:
        return b""


def _folder() -> Path:
    return Path(default_storage.path(""))
