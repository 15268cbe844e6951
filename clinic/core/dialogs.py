"""How a dialog ends: it closes, and the page below it stays."""

from django.http import HttpResponse
from django_htmx.http import reswap, trigger_client_event


def dialog_done(words: str, *, level: str = "success", status: int = 204) -> HttpResponse:
    """Close the dialog, have the page below reload, and say what happened."""
    response = HttpResponse(status=status)
    trigger_client_event(response, "dialog-done", {})
    trigger_client_event(response, "toast", {"text": words, "level": level})
    return reswap(response, "none")
