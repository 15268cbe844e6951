"""How a calendar leaves the site, and where its new address waits to be told."""

from django.http import HttpResponse

# A new secret waits here for the one page that tells it.
NEW_TOKEN_KEY = "new_calendar_token"  # noqa: S105  the name of a place, no secret


def calendar_response(content: bytes, *, filename: str) -> HttpResponse:
    """Return an .ics file as an answer that browsers hand to the calendar program."""
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
