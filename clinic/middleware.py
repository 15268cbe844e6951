import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from clinic.models import ClinicSettings
from clinic.services.audit import Origin, from_origin
from clinic.services.clinic_settings import as_the_clinic_decides


class AuditOriginMiddleware:
    """Tells the audit trail where the events of this request come from."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = getattr(request, "request_id", None) or uuid.uuid4()
        origin = Origin(request_id=request_id, ip_address=request.META.get("REMOTE_ADDR") or None)
        with from_origin(origin):
            return self.get_response(request)


class ClinicSettingsMiddleware:
    """Goes by the clinic's clock, and reads what it has decided once a request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with as_the_clinic_decides():
            return self.get_response(request)


class UserLanguageMiddleware:
    """Speaks the language that the person chose in the profile, or at the door."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = getattr(request.user, "language", None) or language_at_the_door(request)
        with translation.override(language):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
        return response


def language_at_the_door(request: HttpRequest) -> str:
    """What the browser chose or asks for, as far as the clinic offers it."""
    offered = [code for code, _name in ClinicSettings.objects.current().offered_languages]
    asked = translation.get_language_from_request(request)
    if asked in offered:
        return asked
    return settings.LANGUAGE_CODE if settings.LANGUAGE_CODE in offered else offered[0]
