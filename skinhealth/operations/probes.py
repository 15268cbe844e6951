"""Probes for machines: whether the process is alive and whether the site can serve."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from django.views.decorators.http import require_safe

from skinhealth.middleware import SecurityHeadersMiddleware
from skinhealth.operations.metrics import metrics
from skinhealth.operations.readiness import look_at_everything


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Report that this process answers, without asking any other service."""
    return JsonResponse({"status": "alive"})


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Report whether everything the site needs is available, part by part."""
    checks = look_at_everything()
    is_ready = all(check.is_ok for check in checks.values())
    return JsonResponse(
        {
            "status": "ready" if is_ready else "not ready",
            "checks": {
                name: {"ok": check.is_ok, "says": check.words, **check.facts}
                for name, check in checks.items()
            },
        },
        status=200 if is_ready else 503,
    )


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": healthz,
    "/readyz": readyz,
    "/metrics": metrics,
}


class ProbeMiddleware:
    """Answers probes before everything else: no redirect, no host, no session, no database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        # The headers of every other response, without what these classes do to a request.
        self.security = SecurityMiddleware(get_response)
        self.frames = XFrameOptionsMiddleware(get_response)
        self.answer = SecurityHeadersMiddleware(self._answer)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info not in PROBES:
            return self.get_response(request)
        return self.answer(request)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        request.probe_name = request.path_info[1:]  # type: ignore[attr-defined]
        response = PROBES[request.path_info](request)
        response = self.security.process_response(request, response)
        return self.frames.process_response(request, response)
