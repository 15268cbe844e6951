"""Read the text of PDFs."""

from io import BytesIO

from pypdf import PdfReader


def pages_of(response):
    """Return the text of each page of a PDF, without line breaks."""
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    reader = PdfReader(BytesIO(response.content))
    return [" ".join(page.extract_text().split()) for page in reader.pages]


def text_of(response):
    return " ".join(pages_of(response))


def address_on(response):
    """Return the address for checking the paper, which is the link under its code."""
    reader = PdfReader(BytesIO(response.content))
    links = [note.get_object() for page in reader.pages for note in page.get("/Annots", [])]
    [address] = [link["/A"]["/URI"] for link in links]
    return address
