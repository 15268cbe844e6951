import logging
import uuid
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from clinic.core.client_address import client_address
from clinic.core.encryption import UnreadableError
from clinic.core.models.clinic_settings import ClinicSettings
from clinic.office.services.clinic_settings import as_the_clinic_decides
from clinic.people.ended_record_guard import REFUSAL
from clinic.people.models.user import User
from clinic.people.services.audit_denials import record_denial
from clinic.people.services.ended_records import RECORD_ENDED
from clinic.trail.services.audit import Origin, from_origin

logger = logging.getLogger(__name__)


class UnreadableDataMiddleware:
    """Says in a sentence that something stored cannot be decrypted, instead of breaking off."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answers for whatever a view could not read."""
        if not isinstance(exception, UnreadableError):
            return None
        logger.error("Stored data cannot be read: %s", exception)
        return render(request, "unreadable.html", status=500)


class EndedRecordMiddleware:
    """Say in a sentence that a record has ended, wherever a service or the database refuses."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for a change that no form was there to refuse."""
        is_refused = (
            isinstance(exception, ValidationError) and getattr(exception, "code", None) == "ended"
        ) or (isinstance(exception, IntegrityError) and REFUSAL in str(exception))
        if not is_refused:
            return None
        return render(request, "409.html", {"message": RECORD_ENDED}, status=409)


class AuditOriginMiddleware:
    """Tells the audit trail where the events of this request come from."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = getattr(request, "request_id", None) or uuid.uuid4()
        origin = Origin(request_id=request_id, ip_address=client_address(request))
        with from_origin(origin):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Notes a refusal; the answer to it stays what it is."""
        match = request.resolver_match
        if match is None or not isinstance(request.user, User):
            return
        if isinstance(exception, PermissionDenied | Http404):
            record_denial(
                actor=request.user,
                page=match.view_name,
                key=match.kwargs.get("pk"),
                error=exception,
            )


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
