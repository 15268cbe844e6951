"""What tests read out of .ics files, with `icalendar` as a calendar program would."""

from icalendar import Calendar


def events_of(content):
    """The method of a file and its events."""
    calendar = Calendar.from_ical(content)
    return str(calendar["method"]), list(calendar.walk("VEVENT"))


def event_of(content):
    """The method of a file and its only event."""
    method, (event,) = events_of(content)
    return method, event


def file_in(mail):
    """The .ics file that a mail carries, as its receiver gets it, and its declared method."""
    (part,) = [part for part in mail.message().walk() if part.get_content_type() == "text/calendar"]
    assert part.get_filename() == "visit.ics"
    return part.get_payload(decode=True), part.get_param("method")
