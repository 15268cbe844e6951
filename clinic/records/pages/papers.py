"""The response with a paper."""

from django.http import HttpResponse

from clinic.records.services.papers import PrintedPaper


def send_paper(paper: PrintedPaper) -> HttpResponse:
    """Return a PDF for the person to keep, which nothing on the way may store."""
    return HttpResponse(
        paper.pdf,
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="{paper.file_name}"',
            "Cache-Control": "private, no-store",
        },
    )
