"""The public page on which anybody can check a paper."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from clinic.core.throttle import is_too_often, too_often
from clinic.records.services.papers import find_document


@login_not_required
@require_GET
def document_verify(request: HttpRequest, token: str) -> HttpResponse:
    """Say whether a paper is from the clinic and still valid, but nothing about its content."""
    document = find_document(token)
    # Only wrong tokens count: a pharmacy checks many papers from one address.
    if document is None and is_too_often(request, "document_verify"):
        return too_often(request)
    response = render(
        request,
        "clinic/records/document_verify.html",
        {"document": document},
        status=200 if document else 404,
    )
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
