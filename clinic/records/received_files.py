"""Check documents that come in: a PDF may only show pages, and a picture is encoded again."""

import hashlib
import io
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from pypdf import PdfReader
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NullObject,
    PdfObject,
    StreamObject,
)

from clinic.core.files.pictures import (
    as_jpeg,
    is_archive,
    is_picture,
    read_picture,
    too_large,
)
from clinic.records.models.document import PatientDocument
from clinic.records.pdf_names import names_in

JPEG_QUALITY = 90
MAX_PAGES = 200
MAX_OBJECTS = 50_000
MAX_STEPS = 20  # of what happens at opening
PDF_MARK = b"%PDF-"
# Names with which a PDF runs something, sends something, or carries other files.
ACTIVE_NAMES = {
    "/3D",
    "/EF",
    "/EmbeddedFile",
    "/EmbeddedFiles",
    "/FileAttachment",
    "/GoToE",
    "/GoToR",
    "/ImportData",
    "/JS",
    "/JavaScript",
    "/Launch",
    "/Movie",
    "/OnInstantiate",
    "/Rendition",
    "/RichMedia",
    "/Screen",
    "/Sound",
    "/SubmitForm",
    "/XFA",
}
# When a reader runs the entries of an /AA without a click: at opening, printing, on a page.
TRIGGERS = {
    *("/WC", "/WS", "/DS", "/WP", "/DP", "/O", "/C", "/K", "/F", "/V"),
    *("/E", "/X", "/D", "/U", "/Fo", "/Bl", "/PO", "/PC", "/PV", "/PI"),
}
# What may happen at opening: another page of the same document comes into view.
HARMLESS_AT_OPENING = {"/FirstPage", "/LastPage", "/NextPage", "/PrevPage"}
# A file may still contain an older version of a page to which its newest index does not lead.
ACTIVE_MARKS = {
    b"/embeddedfile",
    b"/embeddedfiles",
    b"/javascript",
    b"/launch",
    b"/richmedia",
    b"/submitform",
}


@dataclass(frozen=True)
class ReceivedFile:
    """A file that passed every check, ready to be stored."""

    data: bytes
    format: PatientDocument.Format
    page_count: int
    sha256: str
    upload_sha256: str


def receive_file(data: bytes) -> ReceivedFile:
    """Check an upload by its content, not its name; raise a ValidationError if it is refused."""
    if len(data) > settings.PHOTOGRAPH_MAX_BYTES:
        raise too_large()
    if data.startswith(PDF_MARK):
        stored, kind, pages = data, PatientDocument.Format.PDF, _count_pages(data)
    elif is_picture(data):
        stored = as_jpeg(read_picture(data), quality=JPEG_QUALITY)
        kind, pages = PatientDocument.Format.JPEG, 1
    else:
        raise ValidationError(
            _("This file is not a PDF or a picture. Send a PDF, JPEG, PNG, WebP or HEIC."),
            code="format",
        )
    return ReceivedFile(
        data=stored,
        format=kind,
        page_count=pages,
        sha256=hashlib.sha256(stored).hexdigest(),
        upload_sha256=hashlib.sha256(data).hexdigest(),
    )


def _count_pages(data: bytes) -> int:
    """Read a whole PDF and count its pages; refuse one that does more than show them."""
    if b"%%EOF" not in data[-1024:]:
        raise _damaged()
    if is_archive(data) or not ACTIVE_MARKS.isdisjoint(names_in(data)):
        raise _active()
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted:
            raise ValidationError(
                _(
                    "The PDF is password-protected or restricted. Save it without protection "
                    "and send it."
                ),
                code="encrypted",
            )
        _refuse_active_objects(reader)
        pages = len(reader.pages)
    except ValidationError:
        raise
    # The reader raises any kind of error on a broken file, which must not end in a server error.
    except Exception as error:
        raise _damaged() from error
    if not 0 < pages <= MAX_PAGES:
        raise ValidationError(
            _("The PDF has more than %(pages)d pages, or none. Send the pages that matter."),
            params={"pages": MAX_PAGES},
            code="pages",
        )
    return pages


def _refuse_active_objects(reader: PdfReader) -> None:
    numbers = [
        (number, generation)
        for generation, places in reader.xref.items()
        for number in places
        if number
    ]
    numbers += [(number, 0) for number in reader.xref_objStm]
    if len(numbers) > MAX_OBJECTS:
        raise ValidationError(_("The PDF is too complex to check."), code="objects")
    _refuse_active(reader.trailer)
    for number, generation in numbers:
        found = reader.get_object(IndirectObject(number, generation, reader))
        if found is not None:
            _refuse_active(found)


def _refuse_active(found: PdfObject) -> None:
    """Check one object and its direct contents; objects that it refers to are checked in turn."""
    waiting: list[object] = [found]
    while waiting:
        each = waiting.pop()
        if isinstance(each, DictionaryObject):
            if ACTIVE_NAMES.intersection(map(str, each.keys())) or _lies_elsewhere(each):
                raise _active()
            if _acts_by_itself(each):
                raise _automatic()
            waiting += list(dict.values(each))
        elif isinstance(each, ArrayObject):
            waiting += list(list.__iter__(each))
        elif isinstance(each, NameObject) and each in ACTIVE_NAMES:
            raise _active()


def _lies_elsewhere(found: DictionaryObject) -> bool:
    """Return whether a reader would fetch a part of the page from another file."""
    part = found.get("/Ref", NullObject()).get_object()
    is_borrowed = isinstance(part, DictionaryObject) and "/F" in part
    return is_borrowed or (isinstance(found, StreamObject) and "/F" in found)


def _acts_by_itself(found: DictionaryObject) -> bool:
    """Return whether a reader would do more than show a page, before anybody clicks."""
    triggers = found.get("/AA", NullObject()).get_object()
    if isinstance(triggers, DictionaryObject) and TRIGGERS.intersection(triggers):
        return True
    # Steps may lead in a circle.
    waiting, seen = [found["/OpenAction"]] if "/OpenAction" in found else [], 0
    while waiting:
        action, seen = waiting.pop().get_object(), seen + 1
        # Anything else is a destination, which can only be in this document.
        if not isinstance(action, DictionaryObject):
            continue
        kind = action.get("/S")
        is_page = kind == "/GoTo" or (kind == "/Named" and action.get("/N") in HARMLESS_AT_OPENING)
        if not is_page or seen > MAX_STEPS:
            return True
        next_steps = action["/Next"] if "/Next" in action else ArrayObject()
        waiting += next_steps if isinstance(next_steps, ArrayObject) else [next_steps]
    return False


def _active() -> ValidationError:
    return ValidationError(
        _(
            "The PDF contains a script, another file or a command, so it was rejected. Print it "
            "to a new PDF and send that."
        ),
        code="active",
    )


def _automatic() -> ValidationError:
    return ValidationError(
        _(
            "The PDF does something by itself as soon as it is opened, such as going to a web "
            "page, so it was rejected. Print it to a new PDF and send that."
        ),
        code="active",
    )


def _damaged() -> ValidationError:
    return ValidationError(
        _("The PDF is damaged or cut off. Save it again and send it."), code="damaged"
    )
