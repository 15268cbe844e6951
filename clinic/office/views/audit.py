"""The audit trail: all of it for admins, one patient's for their doctors and the patient."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from clinic.core.http import SignedInRequest
from clinic.core.lists import listed
from clinic.office.forms.audit import AuditFilterForm, AuditSearchForm
from clinic.people.forms.accounts import AccountSearchForm
from clinic.people.models.emergency import EmergencyAccess
from clinic.people.models.user import User
from clinic.people.permissions import (
    can_see_access,
    can_see_audit,
    can_see_own_record,
    can_see_portal,
    visible_patients,
    visible_users,
)
from clinic.people.services.accesses import accesses_to, days_of_access, fill_days, in_words
from clinic.people.services.patients import record_patient_search
from clinic.people.services.register_search import find_patients
from clinic.trail.models.audit import AuditCheck, AuditEvent
from clinic.trail.services.audit_trail import export_events, filter_events, record_audit_view

OPTIONS = 10
SHOWN_WITH = ("actor", "patient")


@dataclass(frozen=True)
class Option:
    """One of several matches for the search, with the filter that shows its events."""

    label: str
    url: str


@require_http_methods(["GET", "POST"])
def audit_list(request: SignedInRequest) -> HttpResponse:
    """List events by patient, person, action and day; searches are posted to keep names private."""
    if not can_see_audit(request.user):
        raise PermissionDenied
    filters = AuditFilterForm(request.GET)
    asked = filters.asked()
    search = AuditSearchForm(request.POST or None)
    options: list[Option] = []
    is_search = request.method == "POST" and search.is_valid()
    if is_search:
        options = _find(request, search.cleaned_data, asked)
        if len(options) == 1:
            return redirect(options[0].url)
    rows, older = _page(filter_events(**asked).select_related(*SHOWN_WITH), request)
    record_audit_view(actor=request.user, patient=asked.get("patient"))
    context = {
        "filters": filters,
        "search": search,
        "options": options,
        "is_search": is_search,
        "patient": asked.get("patient"),
        "person": asked.get("actor"),
        "without_patient": _address(asked, patient=None),
        "without_person": _address(asked, actor=None),
        "entries": in_words(rows),
        "older": older,
        "is_first_page": "before" not in request.GET,
        "newest_url": _address(asked),
        "export_url": _address(asked, page="clinic:audit_export"),
        "check": AuditCheck.objects.first(),
        "emergencies_waiting": EmergencyAccess.objects.unreviewed().count(),
    }
    return render(request, "clinic/office/audit_list.html", context)


@require_GET
def audit_export(request: SignedInRequest) -> StreamingHttpResponse:
    """Export the filtered events as a table for a spreadsheet."""
    if not can_see_audit(request.user):
        raise PermissionDenied
    asked = AuditFilterForm(request.GET).asked()
    rows = export_events(events=filter_events(**asked), actor=request.user, filters=_plain(asked))
    day = timezone.localdate().isoformat()
    return StreamingHttpResponse(
        _lines(rows),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="audit-{day}.csv"',
            "Cache-Control": "private, no-store",
        },
    )


@require_GET
def patient_access(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """List who has opened a patient's record, for the treating doctors."""
    patient = get_object_or_404(visible_patients(request.user), pk=pk)
    if not can_see_access(request.user, patient):
        raise PermissionDenied
    events = accesses_to(patient).select_related("actor")
    page = Paginator(events, settings.PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"patient": patient, "page_obj": page, "entries": in_words(page)}
    record_audit_view(actor=request.user, patient=patient)
    return render(request, "clinic/office/patient_access.html", context)


@require_GET
def my_access(request: SignedInRequest) -> HttpResponse:
    """List who has opened the record, for the patient."""
    if not can_see_portal(request.user):
        raise PermissionDenied
    patient = get_object_or_404(visible_patients(request.user))
    if not can_see_own_record(request.user):
        return redirect("clinic:my_record_code")
    page = Paginator(days_of_access(patient), settings.PAGE_SIZE).get_page(request.GET.get("page"))
    days = fill_days(patient, page)
    record_audit_view(actor=request.user, patient=patient)
    return render(request, "clinic/office/my_access.html", {"page_obj": page, "days": days})


def _page(events: QuerySet[AuditEvent], request: SignedInRequest) -> tuple[list[AuditEvent], str]:
    """Return a page that starts after a key; counting a million rows for a page number is slow."""
    before = request.GET.get("before", "")
    if before.isascii() and before.isdecimal() and len(before) < 19:
        events = events.filter(pk__lt=int(before))
    rows = list(events[: settings.PAGE_SIZE + 1])
    has_older = len(rows) > settings.PAGE_SIZE
    shown = rows[: settings.PAGE_SIZE]
    if not has_older:
        return shown, ""
    query = request.GET.copy()
    query["before"] = str(shown[-1].pk)
    return shown, f"{reverse('clinic:audit_list')}?{query.urlencode()}"


def _find(request: SignedInRequest, said: dict[str, str], asked: dict[str, Any]) -> list[Option]:
    """Return the people who match, each with the address of the list of their events."""
    if said["patient"].strip():
        patients = list(
            find_patients(among=visible_patients(request.user), text=said["patient"])[:OPTIONS]
        )
        record_patient_search(actor=request.user, count=len(patients))
        return [
            Option(listed([each.full_name, each.record_number]), _address(asked, patient=each))
            for each in patients
        ]
    search = AccountSearchForm({"words": said["person"]})
    if not search.is_valid():
        return []
    people: QuerySet[User] = search.narrow(visible_users(request.user)).order_by("full_name", "pk")
    return [
        Option(listed([each.full_name, each.get_role_display()]), _address(asked, actor=each))
        for each in people[:OPTIONS]
    ]


def _address(asked: dict[str, Any], page: str = "clinic:audit_list", **other: Any) -> str:
    """Return the list or the export with the same filters, except one."""
    return reverse(page, query=_plain(asked | other) or None)


def _plain(asked: dict[str, Any]) -> dict[str, str]:
    return {
        name: str(getattr(value, "pk", value)) for name, value in asked.items() if value is not None
    }


class _Line:
    """A file that returns what is written to it, for the CSV writer."""

    def write(self, text: str) -> str:
        return text


def _lines(rows: Iterator[list[str]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    # The mark by which spreadsheets recognise UTF-8.
    yield "\ufeff"
    for row in rows:
        yield writer.writerow(row)
