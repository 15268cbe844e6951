from datetime import datetime

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from clinic.core.date_fields import (
    clinic_order,
    date_in_words,
    moment_in_words,
    read_date,
    read_moment,
)
from clinic.core.dates import shown
from clinic.core.papers.glyphs import loss_in_words
from clinic.core.text_bounds import LONGEST_TEXT


# Without sign-in, because people who register type a name too.
@login_not_required
@require_POST
def glyph_check(request: HttpRequest) -> HttpResponse:
    """Say at a field, while somebody types, which of its characters papers cannot show."""
    loss = loss_in_words(request.POST.get("text", "")[:LONGEST_TEXT])
    return render(request, "clinic/core/partials/glyph_notice.html", {"loss": loss})


# Without sign-in, because people who register type a date of birth too.
@login_not_required
@require_POST
def day_in_words(request: HttpRequest) -> HttpResponse:
    """Read back a date while somebody types it, or say why it is none."""
    is_birth, text = "is_birth" in request.POST, request.POST.get("text", "")
    try:
        if "is_moment" in request.POST:
            return _moment_in_words(read_moment(text))
        day = read_date(text, is_birth=is_birth)
    except ValidationError as error:
        return JsonResponse({"day": "", "figures": "", "words": error.messages[0]})
    words = date_in_words(day, is_birth=is_birth)
    figures = shown(day, clinic_order())
    return JsonResponse({"day": day.isoformat(), "figures": figures, "words": words})


def _moment_in_words(moment: datetime) -> HttpResponse:
    told = {
        "day": f"{moment:%Y-%m-%dT%H:%M}",
        "figures": f"{shown(moment.date(), clinic_order())} {moment:%H:%M}",
        "words": moment_in_words(moment),
    }
    return JsonResponse(told)
