import sys

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.i18n import set_language

from clinic.core.http import SignedInRequest
from clinic.office.permissions import can_see_own_day
from clinic.people.permissions import can_manage_accounts
from clinic.scheduling.permissions import can_run_desk


def home(request: SignedInRequest) -> HttpResponse:
    """Redirect each role to the page where its day starts."""
    if can_manage_accounts(request.user):
        return redirect("clinic:account_list")
    if can_run_desk(request.user):
        return redirect("clinic:desk_day")
    if can_see_own_day(request.user):
        return redirect("clinic:doctor_day")
    return redirect("clinic:my_appointments")


@login_not_required
def language_set(request: HttpRequest) -> HttpResponse:
    """Store in a cookie the language that somebody without an account chose."""
    return set_language(request)


@login_not_required
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return a 404 that does not reveal whether the page exists."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Return 503 while the database cannot be reached, 500 for all other errors."""
    error = sys.exc_info()[1]
    is_database_down = isinstance(error, OperationalError | InterfaceError)
    status = 503 if is_database_down else 500
    # Neither page may query the database, so they render without the request.
    return HttpResponse(
        render_to_string(f"{status}.html"),
        status=status,
        headers={"Retry-After": "10"} if is_database_down else {},
    )
