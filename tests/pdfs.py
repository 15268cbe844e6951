"""PDFs for tests, including hostile ones."""

import io
import zipfile

from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    TextStringObject,
)

URI = {"/S": "/URI", "/URI": "https://example.org/"}
PRINT = {"/S": "/Named", "/N": "/Print"}
GO_TO_ANOTHER_FILE = {"/S": "/GoToR", "/F": "other.pdf"}


def pdf(pages: int = 1, change=None) -> bytes:
    """Return empty pages; `change` gets the writer before it writes."""
    writer = PdfWriter()
    for _page in range(pages):
        writer.add_blank_page(width=200, height=200)
    if change is not None:
        change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def encrypted() -> bytes:
    return pdf(change=lambda writer: writer.encrypt("secret", algorithm="RC4-128"))


def with_script() -> bytes:
    return pdf(change=lambda writer: _opens_with(writer, "/JavaScript", "/JS"))


def with_embedded_file() -> bytes:
    return pdf(change=lambda writer: writer.add_attachment("virus.exe", b"MZ"))


def with_launch() -> bytes:
    return pdf(change=lambda writer: _opens_with(writer, "/Launch"))


def with_form_that_sends() -> bytes:
    return pdf(change=lambda writer: _opens_with(writer, "/SubmitForm"))


def with_command_under_another_spelling() -> bytes:
    """Return `/Launch` in another valid spelling, with a letter as its number."""
    return with_launch().replace(b"/Launch", b"/L#61unch")


def with_script_in_an_annotation() -> bytes:
    """Return a script three levels deep, in a list, in another spelling."""

    def change(writer: PdfWriter) -> None:
        script = _dictionary(
            {"/S": NameObject("/JavaScript"), "/JS": TextStringObject("app.alert(1)")}
        )
        note = _dictionary(
            {
                "/Type": NameObject("/Annot"),
                "/Subtype": NameObject("/Link"),
                "/A": script,
            }
        )
        writer.pages[0][NameObject("/Annots")] = ArrayObject([note])

    return pdf(change=change).replace(b"/JavaScript", b"/J#61vaScript")


def opening(action: dict, *, referred: bool = False) -> bytes:
    """Return a PDF that does this when it is opened."""

    def change(writer: PdfWriter) -> None:
        made = _action(action)
        writer.root_object[NameObject("/OpenAction")] = (
            writer._add_object(made) if referred else made
        )

    return pdf(2, change=change)


def opening_at_a_page(kind: str) -> bytes:
    """Return a PDF that opens at its second page, said in one of the ways there are."""

    def change(writer: PdfWriter) -> None:
        place = ArrayObject([writer.pages[1].indirect_reference, NameObject("/Fit")])
        go = _dictionary({"/S": NameObject("/GoTo"), "/D": place})
        ways = {
            "destination": place,
            "action": go,
            "two steps": _dictionary({**go, "/Next": ArrayObject([go])}),
            "named": _dictionary({"/S": NameObject("/Named"), "/N": NameObject("/LastPage")}),
        }
        writer.root_object[NameObject("/OpenAction")] = ways[kind]

    return pdf(2, change=change)


def acting_on(where: str, action: dict) -> bytes:
    """Return a PDF that does this without a click: on the document, a page or an annotation."""

    def change(writer: PdfWriter) -> None:
        triggers = _dictionary({"/O": _action(action)})
        page = writer.pages[0]
        note = _dictionary({"/Type": NameObject("/Annot"), "/Subtype": NameObject("/Widget")})
        page[NameObject("/Annots")] = ArrayObject([note])
        holder = {"document": writer.root_object, "page": page, "annotation": note}[where]
        holder[NameObject("/AA")] = writer._add_object(triggers)

    return pdf(change=change)


def with_link() -> bytes:
    """Return a PDF with a link to a web page, which goes nowhere until somebody clicks it."""

    def change(writer: PdfWriter) -> None:
        link = _dictionary({"/Type": NameObject("/Annot"), "/Subtype": NameObject("/Link")})
        link[NameObject("/A")] = _action(URI)
        writer.pages[0][NameObject("/Annots")] = ArrayObject([link])

    return pdf(change=change)


def lying_elsewhere(how: str) -> bytes:
    """Return a PDF that shows a part of another file, which a reader would fetch."""

    def change(writer: PdfWriter) -> None:
        file = _action({"/Type": "/Filespec", "/FS": "/URL", "/F": "https://example.org/"})
        part = DecodedStreamObject()
        if how == "stream":
            part[NameObject("/F")] = file
        else:
            part[NameObject("/Ref")] = _dictionary({"/F": file})
        writer.pages[0][NameObject("/Contents")] = writer._add_object(part)

    return pdf(change=change)


def with_name(name: str) -> bytes:
    """Return a PDF with an annotation of this kind."""

    def change(writer: PdfWriter) -> None:
        note = _action({"/Type": "/Annot", "/Subtype": name})
        writer.pages[0][NameObject("/Annots")] = ArrayObject([note])

    return pdf(change=change)


def polyglot_archive() -> bytes:
    """Return a PDF with an archive before its end."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("payload.js", "alert(1)")
    return pdf() + archive.getvalue() + b"\n%%EOF"


def in_an_older_version(name: bytes) -> bytes:
    """Make a PDF with an object that its index does not know and that contains this name."""
    return _with_object(b"<< /S %b >>" % name)


def that_says(text: bytes) -> bytes:
    """Make a PDF with a text in a string, in a link, in a comment and in pixels."""
    said = b"<< /T (%b) /URI (https://clinic.example%b) >> %%%b" % (text, text, text)
    pixels = b"<< /Length 99 >>\nstream\n\1\2%b \3\nendstream" % text
    return _with_object(said + b"\nendobj\n78 0 obj\n" + pixels)


def _with_object(body: bytes) -> bytes:
    data = pdf()
    added = b"77 0 obj\n%b\nendobj\n" % body
    place = data.index(b"xref\n")
    end = b"startxref\n%d\n%%%%EOF\n"
    index = data[place : data.index(b"startxref")]
    return data[:place] + added + index + end % (place + len(added))


def cut_off() -> bytes:
    data = pdf(3)
    return data[: len(data) // 2]


def nonsense() -> bytes:
    return b"%PDF-1.7\n" + b"\x00\xff" * 400 + b"\n%%EOF"


def _opens_with(writer: PdfWriter, action: str, argument: str = "/F") -> None:
    writer.root_object[NameObject("/OpenAction")] = _dictionary(
        {"/S": NameObject(action), argument: TextStringObject("cmd.exe")}
    )


def _action(action: dict) -> DictionaryObject:
    return _dictionary(
        {
            key: _action(value)
            if isinstance(value, dict)
            else NameObject(value)
            if value.startswith("/")
            else TextStringObject(value)
            for key, value in action.items()
        }
    )


def _dictionary(entries: dict) -> DictionaryObject:
    return DictionaryObject({NameObject(key): value for key, value in entries.items()})
