"""The calendar by day, week and month, and the events that it polls."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from clinic.core.http import SignedInRequest
from clinic.core.lists import listed
from clinic.core.models.clinic_settings import ClinicSettings
from clinic.people.models.doctor import Doctor
from clinic.people.models.user import User
from clinic.people.services.patients import record_polled_list
from clinic.scheduling.forms.calendar import CalendarForm, CalendarRangeForm, CalendarView
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.permissions import (
    calendars_showing,
    can_book,
    can_run_desk,
    can_see_calendar,
    can_transition,
    visible_appointments,
)
from clinic.scheduling.services.calendar_spans import Span, calendar_spans, shown_between

RESCHEDULED = Appointment.Status.RESCHEDULED
NOBODY = str(UUID(int=0))  # placeholder in an address for the appointment's own key


@dataclass(frozen=True)
class Period:
    """The days of a page, without the last one, and the days that it links to."""

    start: date
    end: date
    previous: date
    following: date
    title: str


@require_GET
def calendar(request: SignedInRequest) -> HttpResponse:
    """Show the day of all doctors, a week or a month; a script fills and refreshes the page."""
    if not can_see_calendar(request.user):
        raise PermissionDenied
    asked = CalendarForm(request.GET, user=request.user)
    asked.is_valid()
    view = asked.cleaned_data.get("view") or CalendarView.DAY
    day: date = asked.cleaned_data.get("date") or timezone.localdate()
    period = period_of(view, day)
    appointments = shown_between(visible_appointments(request.user), period.start, period.end)
    doctors = list(calendars_showing(request.user, appointments))
    chosen: Doctor | None = asked.cleaned_data.get("doctor")
    shown = [chosen] if chosen else doctors
    now = timezone.localtime()
    is_current = period.start <= now.date() < period.end
    feed = {"start": period.start.isoformat(), "end": period.end.isoformat()}
    if chosen:
        feed["doctor"] = str(chosen.pk)
    context = {
        "view": view,
        "views": CalendarView,
        "day": day,
        "period": period,
        "filters": CalendarForm(
            initial={"view": view, "date": day, "doctor": chosen},
            user=request.user,
            doctors=doctors,
        ),
        "doctors": doctors,
        "doctor": chosen,
        "columns": json.dumps([{"id": str(one.pk), "title": one.desk_name} for one in shown]),
        "count": appointments.filter(doctor__in=shown).count(),
        "feed_url": reverse("clinic:calendar_events", query=feed),
        "can_book": can_book(request.user),
        "can_run_desk": can_run_desk(request.user),
        "slot_minutes": ClinicSettings.objects.current().slot_minutes,
        "clock_offset": now.isoformat()[-6:],
        "scroll_time": f"{max(now.hour - 1, 0):02}:00" if is_current else "08:00",
    }
    return render(request, "clinic/scheduling/calendar.html", context)


@require_GET
def calendar_events(request: SignedInRequest) -> HttpResponseBase:
    """Return the calendar's events between two days, or 304 if the browser has them."""
    if not can_see_calendar(request.user):
        raise PermissionDenied
    asked = CalendarRangeForm(request.GET, user=request.user)
    if not asked.is_valid():
        return JsonResponse({"errors": asked.errors}, status=422)
    chosen: Doctor | None = asked.cleaned_data["doctor"]
    start, end = asked.cleaned_data["start"], asked.cleaned_data["end"]
    among = visible_appointments(request.user)
    shown = calendars_showing(request.user, shown_between(among, start, end))
    spans = calendar_spans(
        among=among,
        doctors=[chosen] if chosen else list(shown),
        start=start,
        end=end,
        slot_minutes=ClinicSettings.objects.current().slot_minutes,
    )
    record_polled_list(
        actor=request.user,
        of="calendar",
        count=sum(span.number for span in spans if span.kind in {"appointment", "count"}),
        which=f"{start:%Y%m%d}-{end:%Y%m%d}{chosen.pk.hex[:20] if chosen else ''}",
    )
    entries = Entries(request.user)
    response = JsonResponse({"events": [entries.event(span) for span in spans]})
    etag = f'"{hashlib.sha256(response.content).hexdigest()}"'
    answer = get_conditional_response(request, etag=etag, response=response)
    assert answer is not None
    answer.headers["ETag"] = etag
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def period_of(view: str, day: date) -> Period:
    """Return the days that a page shows."""
    if view == CalendarView.DAY:
        title = date_format(day, "SHORT_WEEKDAY_DATE_FORMAT")
        one = timedelta(days=1)
        return Period(day, day + one, day - one, day + one, title)
    if view == CalendarView.WEEK:
        week = timedelta(days=7)
        monday = day - timedelta(days=day.weekday())
        sunday = monday + timedelta(days=6)
        title = _("%(first)s to %(last)s") % {
            "first": date_format(
                monday, "j" if monday.month == sunday.month else "MONTH_DAY_FORMAT"
            ),
            "last": date_format(sunday, "DATE_FORMAT"),
        }
        return Period(monday, monday + week, day - week, day + week, title)
    first = day.replace(day=1)
    previous = (first - timedelta(days=1)).replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    last = following - timedelta(days=1)
    # Whole weeks, so that the first and last are complete.
    start = first - timedelta(days=first.weekday())
    end = last + timedelta(days=7 - last.weekday())
    return Period(start, end, previous, following, date_format(first, "F Y"))


class Entries:
    """Converts spans to what the calendar draws: who and what for, nothing medical."""

    def __init__(self, user: User) -> None:
        self._user = user
        # Evaluated once, not for each of a thousand entries.
        self._statuses = {status: str(words) for status, words in Appointment.Status.choices}
        self._url = reverse("clinic:appointment_detail", args=[NOBODY])
        self._move_url = reverse("clinic:appointment_reschedule", args=[NOBODY])

    def event(self, span: Span) -> dict[str, object]:
        """Return one event, with the addresses for a click and a drag."""
        event: dict[str, object] = {
            "start": span.starts.isoformat(timespec="minutes"),
            "end": span.ends.isoformat(timespec="minutes"),
            "resourceIds": [str(span.doctor.pk)],
        }
        appointment = span.appointment
        if span.kind == "count":
            day = span.starts.date().isoformat()
            return event | {
                "id": f"count/{span.doctor.pk}/{day}",
                "title": span.doctor.desk_name,
                "extendedProps": {
                    "kind": span.kind,
                    "number": span.number,
                    "words": ngettext("%(number)d visit", "%(number)d visits", span.number)
                    % {"number": span.number},
                    "url": reverse(
                        "clinic:calendar", query={"date": day, "doctor": str(span.doctor.pk)}
                    ),
                },
            }
        if appointment is None:
            key = f"{span.kind}/{span.doctor.pk}/{event['start']}"
            return event | {
                "id": key,
                "display": "background",
                "extendedProps": {"kind": span.kind},
            }
        key = str(appointment.pk)
        return event | {
            "id": key,
            "title": appointment.patient.full_name,
            "startEditable": appointment.can_become(RESCHEDULED)
            and can_transition(self._user, appointment, RESCHEDULED),
            "extendedProps": {
                "kind": span.kind,
                "status": appointment.status,
                "words": listed([appointment.visit_type, self._statuses[appointment.status]]),
                "doctor": span.doctor.desk_name,
                "isUrgent": appointment.is_urgent,
                "isOverbooked": appointment.is_overbooked,
                "url": self._url.replace(NOBODY, key),
                "moveUrl": self._move_url.replace(NOBODY, key),
            },
        }
