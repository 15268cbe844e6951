"""Papers: a typst template from `templates/pdf` and data become a PDF."""

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import segno
import typst
from django.conf import settings

from clinic.core.papers.glyphs import families, fonts, printable

INK = "#1b1f1e"
# Not set as text: a language, the target of a link, a drawing.
NOT_SET = {"language", "address", "qr"}

logger = logging.getLogger(__name__)


def render_pdf(template: str, *, data: Mapping[str, object], made_at: datetime) -> bytes:
    """Return the typeset data; what people wrote stays data and is never read as markup."""
    folder: Path = settings.BASE_DIR / "templates" / "pdf"
    carried = {key: said if key in NOT_SET else _printable(said) for key, said in data.items()}
    options: dict[str, Any] = {
        "root": folder,
        "font_paths": fonts(),
        "sys_inputs": {"data": json.dumps({**carried, "fonts": families()})},
        # The same content makes the same file, whenever it is printed.
        "timestamp": int(made_at.timestamp()),
    }
    pdf: bytes
    try:
        pdf = typst.compile(folder / f"{template}.typ", pdf_standards="ua-1", **options)
    except typst.TypstError:
        # A paper that screen readers read badly is better than none. The error quotes text, so it
        # is not logged.
        logger.error("A paper does not keep to PDF/UA-1: %s.", template)
        pdf = typst.compile(folder / f"{template}.typ", **options)
    return pdf


def _printable(said: object) -> object:
    """Make every text in the data printable."""
    match said:
        case str():
            return printable(said)
        case Mapping():
            return {key: _printable(value) for key, value in said.items()}
        # A picture is a list of numbers.
        case [first, *_] if not isinstance(first, int):
            return [_printable(value) for value in said]
        case _:
            return said


def qr_code(text: str) -> str:
    """Draw a QR code as SVG, without its quiet zone: the page leaves room around it."""
    drawing = BytesIO()
    segno.make(text, micro=False, error="m").save(drawing, kind="svg", border=0, dark=INK)
    return drawing.getvalue().decode()
