"""How a paper leaves the site."""

from django.http import HttpResponse

from clinic.records.services.papers import PrintedPaper


def send_paper(paper: PrintedPaper) -> HttpResponse:
    """Hand out a PDF to be kept by the person, and by nobody on the way."""
    return HttpResponse(
        paper.pdf,
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="{paper.file_name}"',
            "Cache-Control": "private, no-store",
        },
    )
