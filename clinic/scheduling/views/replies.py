"""The page behind a reminder's link, which needs no sign-in."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from clinic.core.models.clinic_settings import ClinicSettings
from clinic.core.throttle import is_too_often, too_often
from clinic.scheduling.models.message import AppointmentNotice
from clinic.scheduling.services.replies import (
    AnswerSpentError,
    answerable,
    cancel_by_link,
    confirm_by_link,
)
from clinic.scheduling.services.reply_links import find_answerable

ANSWERS = {"confirm": confirm_by_link, "cancel": cancel_by_link}


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def reminder_answer(request: HttpRequest, token: str) -> HttpResponse:
    """Show two buttons; opening the page changes nothing, because email programs open links too."""
    notice = find_answerable(token)
    if notice is None:
        if is_too_often(request, "reminder_answer"):
            return too_often(request)
        return _page(request, None, token, status=404)
    if request.method != "POST":
        state = answerable(notice)
        return _page(request, notice, token, status=410 if state.is_over else 200)
    answer = request.POST.get("answer", "")
    if answer not in ANSWERS:
        return _page(request, notice, token, status=422)
    try:
        ANSWERS[answer](notice=notice)
    except AnswerSpentError:
        return _page(request, find_answerable(token), token, status=409)
    except ValidationError as error:
        return _page(request, notice, token, refusal=" ".join(error.messages), status=409)
    return _page(request, find_answerable(token), token, answer=answer)


def _page(
    request: HttpRequest,
    notice: AppointmentNotice | None,
    token: str,
    *,
    answer: str = "",
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "notice": notice,
        "token": token,
        "appointment": notice.appointment if notice else None,
        "state": answerable(notice) if notice else None,
        "answer": answer,
        "refusal": refusal,
        "clinic": ClinicSettings.objects.current(),
    }
    response = render(request, "clinic/scheduling/reminder_answer.html", context, status=status)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
