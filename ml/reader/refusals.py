"""Why a file is refused: a code for programs and a sentence for people."""

from __future__ import annotations

from collections.abc import Mapping

from ml.errors import PhotographError

# The site translates them: clinic/core/files/pictures.py has the same, and a test compares.
SENTENCES: Mapping[str, str] = {
    "not_an_image": ("This file cannot be read as a picture. Send a JPEG, PNG, WebP or HEIC file."),
    "damaged": "The file is damaged or cut off. Send the picture again.",
    "animated": "This is an animated picture. Send a still one.",
    "polyglot": "The file contains more than a picture, so it was rejected.",
    "too_many_pixels": "The picture has more than %(number)d million pixels.",
    "too_long": "The picture is too long: no side may have more than %(number)d pixels.",
    "too_small": "The picture is too small: each side needs at least %(number)d pixels.",
}


def refusal(code: str, number: int = 0) -> PhotographError:
    """Make the error that says in one of the sentences why a file is refused."""
    return PhotographError(SENTENCES[code] % {"number": number}, code=code, number=number)
