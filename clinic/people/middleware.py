"""Tell the trail where requests come from, and answer changes that are refused."""

import uuid
from collections.abc import Callable
from http import HTTPStatus

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from clinic.core.client_address import client_address
from clinic.core.constraints import is_torn_link
from clinic.core.locking import GONE, TORN
from clinic.people.ended_record_guard import REFUSAL
from clinic.people.models.user import User
from clinic.people.services.audit_denials import record_denial, record_refused_form
from clinic.people.services.ended_records import RECORD_ENDED
from clinic.people.services.unsent_forms import drop_unsent
from clinic.trail.services.audit import Origin, from_origin

# The field in which a form says where its unsent text is kept.
UNSENT = "unsent"
# A form that was refused comes back with the page around it.
SHOWN_AGAIN = frozenset({HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY})


class LateChangeMiddleware:
    """Shows a sentence where something may not be changed any more: it has ended or is gone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a refused change that no form caught."""
        code = getattr(exception, "code", "") if isinstance(exception, ValidationError) else ""
        if isinstance(exception, IntegrityError):
            code = _refusal_of(exception)
        message = {"ended": RECORD_ENDED, "gone": GONE, "torn": TORN}.get(code)
        if message is None:
            return None
        return render(request, "409.html", {"message": message}, status=409)


def _refusal_of(error: IntegrityError) -> str:
    if REFUSAL in str(error):
        return "ended"
    return "torn" if is_torn_link(error) else ""


class UnsentFormMiddleware:
    """Forgets what was kept of a form once the site has accepted it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_accepted = request.method == "POST" and response.status_code < HTTPStatus.BAD_REQUEST
        if is_accepted and isinstance(request.user, User) and UNSENT in request.POST:
            drop_unsent(owner=request.user, place=request.POST[UNSENT])
        return response


class AuditOriginMiddleware:
    """Tells the audit trail where the events of this request come from."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = getattr(request, "request_id", None) or uuid.uuid4()
        origin = Origin(request_id=request_id, ip_address=client_address(request))
        with from_origin(origin):
            response = self.get_response(request)
            match = request.resolver_match
            if (
                request.method == "POST"
                and match is not None
                and isinstance(request.user, User)
                and response.status_code in SHOWN_AGAIN
            ):
                record_refused_form(actor=request.user, key=match.kwargs.get("pk"))
            return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Note a refusal; the response to it stays as it is."""
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
