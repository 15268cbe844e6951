"""What an open page asks about its session."""

from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from clinic.core.http import SignedInRequest
from clinic.people.idle import note_activity, remaining


@require_GET
def session_left(request: SignedInRequest) -> JsonResponse:
    """Return how many seconds are left, without extending them."""
    return answer(request)


@require_POST
def session_stay(request: SignedInRequest) -> JsonResponse:
    """Restart the idle time."""
    note_activity(request)
    return answer(request)


@require_GET
def session_back(request: SignedInRequest) -> HttpResponse:
    """Say that the window is done to whoever signed in for another one."""
    return render(request, "clinic/people/session_back.html")


def answer(request: SignedInRequest) -> JsonResponse:
    """Return the seconds that are left, and with what to ask for more."""
    left = remaining(request, request.user)
    return JsonResponse(
        {
            "seconds": max(0, int(left.seconds)),
            # A page with something typed goes on only with the person who typed it.
            "who": str(request.user.pk),
            "canBeExtended": left.can_be_extended,
            # After a new sign-in in another window the page's own token is an old one.
            "token": get_token(request),
        }
    )
