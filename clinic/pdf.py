"""Papers: a typst template of `templates/pdf` and data make a PDF."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path

import segno
import typst
from django.conf import settings

INK = "#1b1f1e"


@cache
def _fonts() -> typst.Fonts:
    # Latin letters are in a font that typst brings, Arabic ones in a font that npm installs; the
    # machine's own fill in for other scripts.
    return typst.Fonts(font_paths=[settings.PAPER_FONTS])


def render_pdf(template: str, *, data: Mapping[str, object], made_at: datetime) -> bytes:
    """Typesets the data; what people wrote stays data and is never read as markup."""
    folder: Path = settings.BASE_DIR / "templates" / "pdf"
    return typst.compile(
        folder / f"{template}.typ",
        root=folder,
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(data)},
        pdf_standards="ua-1",
        # The same content makes the same file, whenever it is printed.
        timestamp=int(made_at.timestamp()),
    )


def qr_code(text: str) -> str:
    """Draws a QR code as SVG, without its quiet zone: the page has room around it."""
    drawing = BytesIO()
    segno.make(text, micro=False, error="m").save(drawing, kind="svg", border=0, dark=INK)
    return drawing.getvalue().decode()
