"""What pages ask about text that was typed and not sent."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseBadRequest, JsonResponse
from django.utils import timezone
from django.utils.formats import time_format
from django.views.decorators.http import require_POST

from clinic.core.http import SignedInRequest
from clinic.people.services.unsent_forms import drop_unsent, find_unsent, keep_unsent

MOST_PLACES = 100
LONGEST_PLACE = 4_000


@require_POST
def unsent_keep(request: SignedInRequest) -> HttpResponse:
    """Keep what is typed in a form."""
    fields = _json(request.POST.get("fields", ""))
    place = _place(request)
    if not place or not isinstance(fields, dict) or not all(map(_is_text, fields.values())):
        return HttpResponseBadRequest()
    try:
        keep_unsent(owner=request.user, place=place, fields=fields)
    except ValidationError:
        return HttpResponse(status=422)
    return HttpResponse(status=204)


@require_POST
def unsent_find(request: SignedInRequest) -> HttpResponse:
    """Return what is kept for the forms of a page."""
    places = _json(request.POST.get("places", ""))
    if not isinstance(places, list) or not all(map(_is_text, places)):
        return HttpResponseBadRequest()
    found = find_unsent(owner=request.user, places=places[:MOST_PLACES])
    return JsonResponse(
        {
            place: {
                "fields": row.fields,
                "time": time_format(timezone.localtime(row.kept_at), "TIME_FORMAT"),
            }
            for place, row in found.items()
        }
    )


@require_POST
def unsent_drop(request: SignedInRequest) -> HttpResponse:
    """Forget what is kept for a form."""
    drop_unsent(owner=request.user, place=_place(request))
    return HttpResponse(status=204)


def _place(request: SignedInRequest) -> str:
    return request.POST.get("place", "")[:LONGEST_PLACE]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_text(value: object) -> bool:
    return isinstance(value, str)
