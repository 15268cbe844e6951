"""Files and folders that others read: each appears whole, or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4


@contextmanager
def whole_file(path: Path, *, mode: int = 0o666) -> Iterator[BinaryIO]:
    """Open a file beside the path, and give it the name once it is written and on the disk."""
    beside = path.with_name(f".{path.name}.{uuid4().hex}.partial")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    keep_names(path.parent)


def write_whole(path: Path, content: bytes | str, *, mode: int = 0o666) -> None:
    """Write a file that appears whole; a reader finds the old content or the new one."""
    with whole_file(path, mode=mode) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)


def swap_folder(new: Path, folder: Path) -> None:
    """Give a finished folder its name; an older folder there is replaced as a whole."""
    for path in (new, *new.rglob("*")):
        if path.is_file():
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
        else:
            keep_names(path)
    old = folder.with_name(f".{folder.name}.{uuid4().hex}.old")
    if folder.exists():
        folder.replace(old)
    new.replace(folder)
    keep_names(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def keep_names(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, as its files are."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
