"""The end of something done in a dialog: the page below stays where it is."""

from django.http import HttpResponse
from django_htmx.http import reswap, trigger_client_event


def dialog_done(words: str, *, level: str = "success", status: int = 204) -> HttpResponse:
    """Close the dialog, have the page below look again, and say what happened."""
    response = HttpResponse(status=status)
    trigger_client_event(response, "dialog-done", {})
    trigger_client_event(response, "toast", {"text": words, "level": level})
    return reswap(response, "none")
