"""The response with a calendar file, and the session key of a new calendar address."""

from django.http import HttpResponse

# A new secret waits here for the one page that shows it.
NEW_TOKEN_KEY = "new_calendar_token"  # noqa: S105  a session key, not a secret


def calendar_response(content: bytes, *, filename: str) -> HttpResponse:
    """Return an .ics file as a response that browsers hand to the calendar program."""
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
