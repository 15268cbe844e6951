"""Sign out one other browser."""

from allauth.usersessions.adapter import get_adapter
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.core.http import SignedInRequest
from clinic.people.services.sessions import sessions_of


@require_POST
def session_end(request: SignedInRequest, pk: int) -> HttpResponse:
    """End one of the person's own sessions, but not the current one."""
    others = sessions_of(request.user, but=request.session.session_key)
    get_adapter().end_sessions([get_object_or_404(others, pk=pk)])
    messages.success(request, _("That browser is signed out."))
    return redirect("usersessions_list")
