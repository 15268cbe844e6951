from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def refusal_page(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Say on a page of its own why something cannot be done, or not any more."""
    return render(request, "409.html", {"message": " ".join(error.messages)}, status=409)
