"""The folder of photographs and documents, in which every file is encrypted."""

from io import BytesIO
from pathlib import Path

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from clinic.core.encryption import HEAD_BYTES, file_overhead, open_file, seal_file


class EncryptedStorage(FileSystemStorage):
    """Encrypts what is stored and decrypts what is read; a path leads to the encrypted file."""

    # No file of the site is longer than an upload may be, so each is opened whole.
    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        if mode != "rb":
            raise ValueError("A stored file is read or replaced, never written to.")
        stored = Path(self.path(name)).read_bytes()
        return File(BytesIO(open_file(stored, name=as_name(name))), name=name)

    def _save(self, name: str, content: File[bytes]) -> str:
        content.seek(0)
        plain = content.read()
        asked, stored = name, ""
        # A name that somebody else has taken meanwhile comes back as another one, under which the
        # file would not open.
        while stored != asked:
            if stored:
                self.delete(stored)
                asked = self.get_available_name(stored)
            asked = as_name(asked)
            sealed = ContentFile(seal_file(plain, name=asked))
            try:
                stored = super()._save(asked, sealed)  # type: ignore[misc]
            except OSError:
                # A full disk keeps the beginning, under a name that nobody knows.
                self.delete(asked)
                raise
        return stored

    def size(self, name: str) -> int:
        path = Path(self.path(name))
        with path.open("rb") as file:
            return path.stat().st_size - file_overhead(file.read(HEAD_BYTES))


def as_name(name: str) -> str:
    """Return a file's name as it is bound to its content."""
    return name.replace("\\", "/")
