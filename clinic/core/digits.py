"""Digits as people type them: Arabic, Persian and every other script's, read as 0 to 9."""

import unicodedata


def western(text: str) -> str:
    """Return the text with the digits of every script as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(character, character)) for character in text)
