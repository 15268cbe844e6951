"""How often somebody may ask for a page that needs no sign-in; allauth counts it."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from allauth.core.internal.ratelimit import consume
from allauth.core.ratelimit import respond_429
from django.http import Http404, HttpRequest, HttpResponse

Params = ParamSpec("Params")
View = Callable[Concatenate[HttpRequest, Params], HttpResponse]


def is_too_often(request: HttpRequest, action: str, *, key: str = "") -> bool:
    """Counts this request, and says whether it is one more than `ACCOUNT_RATE_LIMITS` allows."""
    return not consume(
        request, app="allauth.account", action=action, key=key or None, limit_get=True
    )


def too_often(request: HttpRequest) -> HttpResponse:
    """The page that asks for patience."""
    response: HttpResponse = respond_429(request)
    return response


def refuse_guess(request: HttpRequest) -> HttpResponse:
    """Answers a wrong secret in an address; the right one is never counted, nor held up."""
    if is_too_often(request, "secret_guess"):
        return too_often(request)
    raise Http404


def throttled(action: str) -> Callable[[View[Params]], View[Params]]:
    """Lets a view answer only as often as the action may happen, reading included."""

    def decorate(view: View[Params]) -> View[Params]:
        @wraps(view)
        def answer(
            request: HttpRequest, /, *args: Params.args, **kwargs: Params.kwargs
        ) -> HttpResponse:
            if is_too_often(request, action):
                return too_often(request)
            return view(request, *args, **kwargs)

        return answer

    return decorate
