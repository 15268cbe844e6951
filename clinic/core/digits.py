"""Digits as people type them: Arabic, Persian and every other script's, read as 0 to 9."""

import sys
import unicodedata

_OTHERS = {
    number: str(unicodedata.decimal(chr(number)))
    for number in range(128, sys.maxunicode + 1)
    if unicodedata.category(chr(number)) == "Nd"
}


def western(text: str) -> str:
    """Return the text with the digits of every script as 0 to 9."""
    return text if text.isascii() else text.translate(_OTHERS)
