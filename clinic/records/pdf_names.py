"""The names that a PDF uses, in older versions of its pages too.

A name is a command only where it stands by itself. The same letters in a sentence, in an address or
in compressed pixels are none, so streams and strings are left out.
"""

import re

_STREAM_START = re.compile(rb"(?<!end)stream\r?\n")
_STREAM_END = b"endstream"
# A string ends before its object does, or it is none and hides nothing.
_STRING = re.compile(rb"\((?:(?!endobj)(?:\\.|[^\\()]))*\)", re.DOTALL)
_DEEPEST = 8  # strings may hold brackets, which are taken off from the inside
_REST = re.compile(rb"<[0-9A-Fa-f\s]*>|%[^\r\n]*")
_NAME = re.compile(rb"/[^\x00\s()<>\[\]{}/%]+")
_NUMBER = re.compile(rb"#([0-9A-Fa-f]{2})")


def names_in(data: bytes) -> set[bytes]:
    """Return the names in a PDF in lower case, each letter as itself."""
    plain = b"\n".join(_outside_streams(data))
    for _level in range(_DEEPEST):
        plain, count = _STRING.subn(b" ", plain)
        if not count:
            break
    plain = _REST.sub(b" ", plain)
    return {
        _NUMBER.sub(lambda found: bytes([int(found[1], 16)]), name).lower()
        for name in set(_NAME.findall(plain))
    }


def _outside_streams(data: bytes) -> list[bytes]:
    parts = []
    place = 0
    while start := _STREAM_START.search(data, place):
        end = data.find(_STREAM_END, start.end())
        if end < 0:
            break
        parts.append(data[place : start.start()])
        place = end
    parts.append(data[place:])
    return parts
