import logging
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from clinic.core.clinic_settings import as_the_clinic_decides
from clinic.core.encryption import UnreadableError
from clinic.core.models.clinic_settings import ClinicSettings

logger = logging.getLogger(__name__)


class UnreadableDataMiddleware:
    """Shows a sentence instead of an error when stored data cannot be decrypted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for a view that could not read its data."""
        if not isinstance(exception, UnreadableError):
            return None
        logger.error("Stored data cannot be read: %s", exception)
        return render(request, "unreadable.html", status=500)


class ClinicSettingsMiddleware:
    """Uses the clinic's time zone and reads its settings once per request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with as_the_clinic_decides():
            return self.get_response(request)


class UserLanguageMiddleware:
    """Uses the language chosen in the profile or at sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = getattr(request.user, "language", None) or language_at_the_door(request)
        with translation.override(language):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
        return response


def language_at_the_door(request: HttpRequest) -> str:
    """Return the language that the browser chose or asks for, where the clinic offers it."""
    offered = [code for code, _name in ClinicSettings.objects.current().offered_languages]
    asked = translation.get_language_from_request(request)
    if asked in offered:
        return asked
    return settings.LANGUAGE_CODE if settings.LANGUAGE_CODE in offered else offered[0]
