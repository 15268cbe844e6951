"""A page, a document or an archive in what a picture says, or behind its end.

Compressed pixels are never searched: any few bytes come up there by chance, and no pixel leaves
the reader as it came.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from ml.errors import PhotographError
from ml.reader import jpeg
from ml.reader.container import Container

# A short mark counts only where text follows it: behind the end there may be films and previews.
_TEXT = rb"[\t\n\r\x20-\x7e]"
_MARKS = re.compile(
    rb"<(?:script|html|svg|iframe|body)(?:[\s/>])" + _TEXT + rb"{6}"
    rb"|<!doctype\s+(?:html|svg)|<\?php\s|<\?xml-stylesheet|%pdf-[0-9]\.",
    re.IGNORECASE,
)
_ARCHIVE_END = b"PK\5\6"
_ARCHIVE_LIST = b"PK\1\2"
_LARGE_ARCHIVE = b"PK\6\7"
_LONGEST_COMMENT = 65_535


def is_polyglot(container: Container, data: bytes) -> bool:
    """Say whether a picture is a page, a script, a document or an archive as well."""
    return (
        any(_MARKS.search(part) for said in container.said for part in _outside_previews(said))
        or any(_MARKS.search(part) for part in _outside_previews(data[container.end :]))
        or is_archive(data)
    )


def is_archive(data: bytes) -> bool:
    """Say whether a file ends as a ZIP archive does, with a list of its files."""
    first = max(0, len(data) - _LONGEST_COMMENT - 22)
    place = data.rfind(_ARCHIVE_END, first)
    while place >= 0:
        if data[max(0, place - 20) : place].startswith(_LARGE_ARCHIVE):
            return True
        if place + 22 <= len(data):
            (length,) = struct.unpack_from("<I", data, place + 12)
            if data[max(0, place - length) : place].startswith(_ARCHIVE_LIST):
                return True
        place = data.rfind(_ARCHIVE_END, first, place)
    return False


def _outside_previews(said: bytes) -> Iterator[bytes]:
    """Hand out what lies around the scans of JPEGs: previews in EXIF, second pictures of phones."""
    place = 0
    while (found := said.find(jpeg.MAGIC, place)) >= 0:
        try:
            preview = jpeg.walk(said, found)
        except PhotographError:
            break
        if not preview.is_ended:
            break
        yield said[place:found]
        yield from preview.said
        place = preview.end
    yield said[place:]
