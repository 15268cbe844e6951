"""Calendar files (RFC 5545 and 5546) with the time and place of a visit, and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.utils import timezone
from icalendar import Calendar, Event, vCalAddress

from clinic.core.lists import listed
from clinic.core.models.clinic_settings import ClinicSettings
from clinic.core.plain_text import one_line, without_controls

REQUEST, CANCEL, PUBLISH = "REQUEST", "CANCEL", "PUBLISH"
REFRESH_EVERY = timedelta(minutes=15)


@dataclass(frozen=True)
class CalendarEntry:
    """One visit for a calendar program: the uid never changes, and a higher sequence wins."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    summary: str
    attendee: str = ""


def calendar_of(entries: Iterable[CalendarEntry], *, method: str) -> bytes:
    """Return the entries as the bytes of an .ics file, with every time in UTC."""
    clinic = ClinicSettings.objects.current()
    calendar = Calendar()
    calendar.add("prodid", "-//SkinHealth//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    if method == PUBLISH:
        calendar.add("x-wr-calname", one_line(clinic.name))
        calendar.add("refresh-interval", REFRESH_EVERY, parameters={"value": "DURATION"})
    for entry in entries:
        calendar.add_component(_event(entry, method, clinic))
    content: bytes = calendar.to_ical()
    return content


def _event(entry: CalendarEntry, method: str, clinic: ClinicSettings) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", timezone.now().astimezone(UTC))
    event.add("dtstart", entry.starts_at.astimezone(UTC))
    event.add("dtend", entry.ends_at.astimezone(UTC))
    event.add("summary", one_line(entry.summary))
    place = listed([clinic.name, clinic.address])
    event.add("location", without_controls(place))
    event.add("organizer", _organizer(clinic))
    event.add("status", "CANCELLED" if method == CANCEL else "CONFIRMED")
    event.add("class", "PRIVATE")
    # Email programs offer a REQUEST only to its attendees: the address is given, never the name.
    if entry.attendee and method != PUBLISH:
        attendee = vCalAddress(f"mailto:{entry.attendee}")
        attendee.params["partstat"] = "ACCEPTED"
        event.add("attendee", attendee)
    return event


def _organizer(clinic: ClinicSettings) -> vCalAddress:
    _name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    organizer = vCalAddress(f"mailto:{address}")
    organizer.params["cn"] = one_line(clinic.name)
    return organizer
