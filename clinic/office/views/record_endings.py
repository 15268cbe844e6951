"""Which records end, when and why, and the shorter period that waits for a second admin."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clinic.core.digits import western
from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from clinic.core.models.clinic_settings import (
    LEAST_RETENTION_YEARS,
    MOST_RETENTION_YEARS,
    ClinicSettings,
)
from clinic.office.permissions import can_manage_settings
from clinic.office.services.clinic_settings import (
    NOTHING_WAITS,
    confirm_proposal,
    holds_alone_from,
    waits_alone,
    withdraw_proposal,
)
from clinic.office.services.record_endings import (
    candidates,
    foresee,
    record_endings_view,
    with_their_days,
)
from clinic.people.forms.own_password import OwnPasswordForm
from clinic.people.models.record_ending import RecordEnding, RetentionProposal
from clinic.trail.services.audit import record_wrong_own_password


@require_GET
def record_endings(request: SignedInRequest) -> HttpResponse:
    """List the records that end next, or that another retention period would end."""
    return _page(request)


@require_POST
def retention_confirm(request: SignedInRequest) -> HttpResponse:
    """Apply the shorter retention period that another admin has proposed."""
    _refuse_others(request)
    if not RetentionProposal.objects.waiting().exists():
        return _nothing_waits(request)
    form = OwnPasswordForm(request.POST, user=request.user)
    if form.is_valid():
        try:
            confirm_proposal(actor=request.user)
        except ValidationError as error:
            if error.code == "decided":
                return _nothing_waits(request)
            add_errors(form, error)
        else:
            messages.success(
                request,
                _(
                    "The shorter period is in force. The records it ends are listed here for a "
                    "day first."
                ),
            )
            return redirect("clinic:record_endings")
    if form.is_password_wrong:
        record_wrong_own_password(request.user)
    return _page(request, form=form, status=422)


@require_POST
def retention_withdraw(request: SignedInRequest) -> HttpResponse:
    """Withdraw one's proposal of a shorter period, or refuse another's."""
    _refuse_others(request)
    if withdraw_proposal(actor=request.user) is None:
        return _nothing_waits(request)
    messages.success(request, _("Nothing changes. Records are kept as long as before."))
    return redirect("clinic:record_endings")


def _nothing_waits(request: SignedInRequest) -> HttpResponse:
    messages.warning(request, NOTHING_WAITS)
    return redirect("clinic:record_endings")


def _refuse_others(request: SignedInRequest) -> None:
    if not can_manage_settings(request.user):
        raise PermissionDenied


def _page(
    request: SignedInRequest, *, form: OwnPasswordForm | None = None, status: int = 200
) -> HttpResponse:
    _refuse_others(request)
    proposal = RetentionProposal.objects.waiting().select_related("proposed_by").first()
    years = _years(request.GET.get("years", ""))
    shown = years or (proposal.years if proposal else None)
    context: dict[str, object] = {
        "years_now": ClinicSettings.objects.current().retention_years,
        "years": years,
        "proposal": proposal,
        "foreseen": foresee(shown) if shown else None,
        "is_own": proposal is not None and proposal.proposed_by == request.user,
        "alone_until": holds_alone_from(proposal) if proposal and waits_alone(proposal) else None,
        "form": form or OwnPasswordForm(user=request.user),
    }
    planned = RecordEnding.objects.planned().select_related("patient").order_by("due_at", "pk")
    number = request.GET.get("page")
    if years:
        foreseen = Paginator(candidates(years), settings.PAGE_SIZE).get_page(number)
        position = foreseen.start_index() - 1
        context["page_obj"] = foreseen
        context["candidates"] = with_their_days(list(foreseen), years=years, position=position)
        count = len(foreseen)
    else:
        announced = Paginator(planned.filter(trouble=""), settings.PAGE_SIZE).get_page(number)
        context["page_obj"] = announced
        context["troubled"] = planned.exclude(trouble="")
        count = len(announced)
    record_endings_view(actor=request.user, count=count)
    return render(request, "clinic/office/record_endings.html", context, status=status)


def _years(text: str) -> int | None:
    text = western(text)
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_RETENTION_YEARS))
    if not is_number or not LEAST_RETENTION_YEARS <= int(text) <= MOST_RETENTION_YEARS:
        return None
    return int(text)
