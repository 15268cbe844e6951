"""The bell and the list behind it: what happened, for each person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from clinic.core.http import SignedInRequest
from clinic.office.forms.notifications import ReadAllForm
from clinic.office.permissions import can_see_own_day
from clinic.people.models.emergency import EmergencyAccess
from clinic.people.models.user import User
from clinic.people.permissions import (
    can_manage_accounts,
    can_see_audit,
    can_see_patient_list,
    visible_emergencies,
    visible_patients,
    visible_users,
)
from clinic.records.models.consultation import Consultation
from clinic.records.permissions import visible_consultations
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.permissions import visible_appointments
from clinic.trail.models.notification import Notification
from clinic.trail.permissions import visible_notifications
from clinic.trail.services.notifications import (
    count_unread,
    mark_all_read,
    mark_read,
    record_notifications_view,
)

UNREAD = "unread"
# The pages that notifications link to, by the kind of row they show.
OF_APPOINTMENTS = ("clinic:appointment_detail", "clinic:request_book")
OF_EMERGENCIES = ("clinic:emergency_review",)
OF_ADMINS = ("clinic:audit_list", "clinic:record_endings", "clinic:erasure_list")
OF_DOCTORS = ("clinic:doctor_day",)
OF_PATIENTS = ("clinic:patient_detail",)
OF_ACCOUNTS = ("clinic:account_edit",)
OF_VISITS = ("diagnosis:visit", "diagnosis:my_visit")

Row = Appointment | Consultation | EmergencyAccess


@dataclass(frozen=True)
class Entry:
    """One notification with what its reader may know about it at this moment."""

    notification: Notification
    patient: str = ""
    starts_at: datetime | None = None
    is_there: bool = False


@require_GET
def notification_list(request: SignedInRequest) -> HttpResponse:
    """List the person's notifications, newest first."""
    is_unread_only = request.GET.get("show") == UNREAD
    notifications = visible_notifications(request.user)
    if is_unread_only:
        notifications = notifications.unread()
    page = Paginator(notifications, settings.PAGE_SIZE).get_page(request.GET.get("page"))
    if can_see_patient_list(request.user) and page:
        record_notifications_view(actor=request.user, count=len(page))
    context = {
        "page_obj": page,
        "entries": _entries(request.user, list(page)),
        "is_unread_only": is_unread_only,
        "read_all_form": ReadAllForm(initial={"until": timezone.now().isoformat()}),
        "query": request.GET.urlencode(),
    }
    return render(request, "clinic/office/notification_list.html", context)


@require_GET
def notification_count(request: SignedInRequest) -> HttpResponse:
    """Show the number in the bell, which every open page polls.

    A timer asks for it, not a person, so it does not count as activity of the session.
    """
    # Without the request, so that no context processor queries the database.
    context = {"unread": count_unread(request.user)}
    return HttpResponse(render_to_string("partials/bell_count.html", context))


@require_POST
def notification_open(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Mark a notification as read and go to the page that it is about."""
    notification = get_object_or_404(visible_notifications(request.user), pk=pk)
    mark_read(notification=notification)
    [entry] = _entries(request.user, [notification])
    if not entry.is_there:
        messages.info(request, _("You can no longer open the page that this led to."))
        return _back_to_list(request)
    key = notification.object_key
    return redirect(reverse(notification.url_name, args=[key] if key else []))


@require_POST
def notification_read(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Mark one notification as read."""
    notification = get_object_or_404(visible_notifications(request.user), pk=pk)
    mark_read(notification=notification)
    return _back_to_list(request)


@require_POST
def notification_read_all(request: SignedInRequest) -> HttpResponse:
    """Mark everything as read that had arrived when the list was loaded."""
    form = ReadAllForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Nothing was marked. Please press the button again."))
        return _back_to_list(request)
    count = mark_all_read(
        notifications=visible_notifications(request.user), until=form.cleaned_data["until"]
    )
    said = ngettext("%(count)d marked as read.", "%(count)d marked as read.", count)
    messages.success(request, said % {"count": count})
    return _back_to_list(request)


def _back_to_list(request: SignedInRequest) -> HttpResponse:
    """Show the list again, with its filter and page."""
    query = request.GET.urlencode()
    return redirect(reverse("clinic:notification_list") + (f"?{query}" if query else ""))


def _entries(user: User, notifications: Sequence[Notification]) -> list[Entry]:
    """Return each notification with what this person may see of it, in three queries for all."""
    keys = _keys(notifications, OF_APPOINTMENTS)
    appointments = visible_appointments(user).filter(pk__in=keys).telling_wishes()
    visits = visible_consultations(user).filter(pk__in=_keys(notifications, OF_VISITS))
    rows: dict[str, Row] = {str(row.pk): row for row in appointments}
    rows |= {str(row.pk): row for row in visits.select_related("appointment")}
    rows |= _emergencies(user, notifications)
    names: dict[UUID, str] = {}
    # Patients know that their own news is about them.
    if can_see_patient_list(user):
        concerned = visible_patients(user).filter(pk__in={row.patient_id for row in rows.values()})
        names = dict(concerned.values_list("pk", "full_name"))
    people = _people(user, notifications)
    return [_entry(user, each, rows.get(each.object_key), names, people) for each in notifications]


def _keys(notifications: Sequence[Notification], url_names: Sequence[str]) -> list[str]:
    return [each.object_key for each in notifications if each.url_name in url_names]


def _emergencies(user: User, notifications: Sequence[Notification]) -> dict[str, Row]:
    """Return emergency accesses among the notifications; queried only if there are any."""
    keys = _keys(notifications, OF_EMERGENCIES)
    return (
        {str(row.pk): row for row in visible_emergencies(user).filter(pk__in=keys)} if keys else {}
    )


def _people(user: User, notifications: Sequence[Notification]) -> dict[str, str]:
    """Return patients and accounts in the news whose pages this person may open, by key."""
    found: dict[UUID, str] = {}
    patients, accounts = _keys(notifications, OF_PATIENTS), _keys(notifications, OF_ACCOUNTS)
    if patients and can_see_patient_list(user):
        named = visible_patients(user).filter(pk__in=patients)
        found |= dict(named.values_list("pk", "full_name"))
    if accounts and can_manage_accounts(user):
        found |= dict(visible_users(user).filter(pk__in=accounts).values_list("pk", "full_name"))
    return {str(key): name for key, name in found.items()}


def _entry(
    user: User,
    notification: Notification,
    row: Row | None,
    names: dict[UUID, str],
    people: dict[str, str],
) -> Entry:
    if notification.url_name in OF_ADMINS:
        return Entry(notification, is_there=can_see_audit(user))
    if notification.url_name in OF_DOCTORS:
        return Entry(notification, is_there=can_see_own_day(user))
    if notification.url_name in (*OF_PATIENTS, *OF_ACCOUNTS):
        name = people.get(notification.object_key)
        return Entry(notification, patient=name or "", is_there=name is not None)
    if row is None:
        return Entry(notification)
    if isinstance(row, EmergencyAccess):
        return Entry(notification, patient=names.get(row.patient_id, ""), is_there=True)
    appointment = row if isinstance(row, Appointment) else row.appointment
    # Only an appointment may be a mere wish: a visit was always agreed.
    is_only_wish: bool = getattr(appointment, "is_only_wish", False)
    return Entry(
        notification,
        patient=names.get(row.patient_id, ""),
        starts_at=None if is_only_wish else appointment.starts_at,
        is_there=True,
    )
