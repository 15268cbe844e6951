"""The folder of photographs and documents, in which every file is encrypted."""

from io import BytesIO
from pathlib import Path

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from clinic.core.encryption import HEAD_BYTES, file_overhead, open_file, seal_file


class EncryptedStorage(FileSystemStorage):
    """Encrypts files as they are stored and decrypts them as they are read."""

    # Uploads are limited in size, so a file can be opened whole.
    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        if mode != "rb":
            raise ValueError("A stored file can be read or replaced, never written to.")
        stored = Path(self.path(name)).read_bytes()
        return File(BytesIO(open_file(stored, name=as_name(name))), name=name)

    def _save(self, name: str, content: File[bytes]) -> str:
        content.seek(0)
        plain = content.read()
        asked, stored = name, ""
        # If the name is taken in the meantime, the file is stored under another one, with which it
        # could not be opened.
        while stored != asked:
            if stored:
                self.delete(stored)
                asked = self.get_available_name(stored)
            asked = as_name(asked)
            sealed = ContentFile(seal_file(plain, name=asked))
            try:
                stored = super()._save(asked, sealed)  # type: ignore[misc]
            except OSError:
                # When the disk is full, the first part stays behind under a name that nobody knows.
                self.delete(asked)
                raise
        return stored

    def size(self, name: str) -> int:
        path = Path(self.path(name))
        with path.open("rb") as file:
            return path.stat().st_size - file_overhead(file.read(HEAD_BYTES))


def as_name(name: str) -> str:
    """Return a file's name in the form that its content is bound to."""
    return name.replace("\\", "/")
