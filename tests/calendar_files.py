"""Read .ics files in tests with `icalendar`, as a calendar program would."""

from icalendar import Calendar


def events_of(content):
    """Return a file's method and its events."""
    calendar = Calendar.from_ical(content)
    return str(calendar["method"]), list(calendar.walk("VEVENT"))


def event_of(content):
    """Return a file's method and its only event."""
    method, (event,) = events_of(content)
    return method, event


def file_in(mail):
    """Return the .ics file attached to an email, as received, and its declared method."""
    (part,) = [part for part in mail.message().walk() if part.get_content_type() == "text/calendar"]
    assert part.get_filename() == "visit.ics"
    return part.get_payload(decode=True), part.get_param("method")
