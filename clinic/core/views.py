from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from clinic.core.papers.glyphs import loss_in_words
from clinic.core.text_bounds import LONGEST_TEXT


# Without sign-in, because people who register type a name too.
@login_not_required
@require_POST
def glyph_check(request: HttpRequest) -> HttpResponse:
    """Say at a field, while somebody types, which of its characters papers cannot show."""
    loss = loss_in_words(request.POST.get("text", "")[:LONGEST_TEXT])
    return render(request, "clinic/core/partials/glyph_notice.html", {"loss": loss})
