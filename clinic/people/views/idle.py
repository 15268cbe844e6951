"""What open pages ask about their session."""

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
    """Tell a window opened only to sign in again that it is done."""
    return render(request, "clinic/people/session_back.html")


def answer(request: SignedInRequest) -> JsonResponse:
    """Return the remaining seconds, and what is needed to ask for more."""
    left = remaining(request, request.user)
    return JsonResponse(
        {
            "seconds": max(0, int(left.seconds)),
            # Typed text may only be sent by the person who typed it.
            "who": str(request.user.pk),
            "canBeExtended": left.can_be_extended,
            # After a new sign-in in another window, the page's own token is out of date.
            "token": get_token(request),
        }
    )
