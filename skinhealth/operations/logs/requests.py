"""One line for each request, in place of gunicorn's access log."""

import logging
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from skinhealth.operations.logs.context import as_part_of

logger = logging.getLogger(__name__)

QUIET_ROUTES = {"healthz", "readyz", "metrics"}
KNOWN_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class RequestLogMiddleware:
    """Logs route, status, time and user of a request, never its path, which may hold a secret."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        request_id = uuid.uuid4()
        # The audit trail uses the same number, so a log line leads to its events.
        request.request_id = request_id  # type: ignore[attr-defined]
        with as_part_of(str(request_id)):
            response = self.get_response(request)
            route = route_of(request)
            logger.log(
                _level(route, response.status_code),
                "request",
                extra={
                    "route": route,
                    "method": request.method if request.method in KNOWN_METHODS else "other",
                    "status": response.status_code,
                    "ms": round(1000 * (time.perf_counter() - began), 1),
                    "user": user_id_of(request),
                },
            )
        return response


def route_of(request: HttpRequest) -> str:
    """Return the name of the view as in the URLs; probes and unknown paths have one too."""
    match = request.resolver_match
    if match is not None:
        return match.view_name or "unnamed"
    return getattr(request, "probe_name", "") or "none"


def user_id_of(request: HttpRequest) -> str:
    """Return the user's id if the request already knows it, without a query."""
    user = getattr(request, "_cached_user", None)
    return str(user.pk) if user is not None and user.pk else ""


def _level(route: str, status: int) -> int:
    if status >= 500:
        return logging.ERROR
    return logging.DEBUG if route in QUIET_ROUTES else logging.INFO
