from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def refusal_page(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Return a separate page that says why something cannot be done, or no longer can."""
    return render(request, "409.html", {"message": " ".join(error.messages)}, status=409)
