"""The folder of photographs and documents, in which every file is encrypted."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from uuid import uuid4

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from clinic.core.encryption import (
    HEAD_BYTES,
    UnreadableError,
    file_overhead,
    has_row,
    is_old_file,
    key_id_of_file,
    open_file,
    seal_file,
)
from clinic.core.files.bound import Place, current_place, rows_of_file
from clinic.core.old_format import is_old_format_readable

PARTIAL = ".partial"  # the suffix of a file while it is written


class _Beside(ContentFile):  # type: ignore[type-arg]
    """A file that is on the disk already and only needs its name."""

    def __init__(self, path: Path) -> None:
        super().__init__(b"")
        self.path = path

    def temporary_file_path(self) -> str:
        """Return where it is; Django moves it from there."""
        return str(self.path)


class EncryptedStorage(FileSystemStorage):
    """Encrypts files as they are stored and decrypts them as they are read.

    A field stores and reads a file for its row. Somebody who has only the name reads the file of
    the row that names it.
    """

    # Uploads are limited in size, so a file can be opened whole.
    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        if mode != "rb":
            raise ValueError("A stored file can be read or replaced, never written to.")
        stored = Path(self.path(name)).read_bytes()
        place = current_place()
        if place is None:
            plain = _open_by_name(stored, as_name(name))
        else:
            plain = _open_at(stored, as_name(name), place)
        return File(BytesIO(plain), name=name)

    def _save(self, name: str, content: File[bytes]) -> str:
        content.seek(0)
        plain = content.read()
        place = current_place()
        row = place.row if place else ""
        asked, stored = name, ""
        # If the name is taken in the meantime, the file is stored under another one, with which it
        # could not be opened.
        while stored != asked:
            if stored:
                self.delete(stored)
                asked = self.get_available_name(stored)
            asked = as_name(asked)
            with self._whole(seal_file(plain, name=asked, row=row)) as sealed:
                stored = super()._save(asked, sealed)  # type: ignore[misc]
        return stored

    @contextmanager
    def _whole(self, sealed: bytes) -> Iterator[File[bytes]]:
        """Write a file beside the others, which Django then gives its name: nobody reads half."""
        folder = Path(self.path(""))
        folder.mkdir(parents=True, exist_ok=True)
        beside = folder / f".{uuid4()}{PARTIAL}"
        try:
            with beside.open("xb") as stream:
                stream.write(sealed)
                stream.flush()
                os.fsync(stream.fileno())
            yield _Beside(beside)
        finally:
            # When the disk is full, a part stays behind.
            beside.unlink(missing_ok=True)

    def size(self, name: str) -> int:
        path = Path(self.path(name))
        with path.open("rb") as file:
            return path.stat().st_size - file_overhead(file.read(HEAD_BYTES))


def as_name(name: str) -> str:
    """Return a file's name in the form that its content is bound to."""
    return name.replace("\\", "/")


def _open_at(stored: bytes, name: str, place: Place) -> bytes:
    takes_old = is_old_file(stored[:HEAD_BYTES]) and is_old_format_readable()
    plain = open_file(stored, name=name, row=place.row, takes_old=takes_old)
    if place.sha256 and sha256(plain).hexdigest() != place.sha256:
        raise UnreadableError(name, "not the file that its row describes")
    return plain


def _open_by_name(stored: bytes, name: str) -> bytes:
    if key_id_of_file(stored[:HEAD_BYTES]) is None or not has_row(stored[:HEAD_BYTES]):
        return _open_at(stored, name, Place(""))
    rows = rows_of_file(name)
    if len(rows) != 1:
        raise UnreadableError(name, "not the file of one row")
    return _open_at(stored, name, Place(rows[0]))
