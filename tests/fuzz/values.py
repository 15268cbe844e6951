"""What a fuzzer types: sixty values that nobody expects, and one for each field that fits."""

from datetime import timedelta

from django.utils import timezone

from tests import photographs

# Extreme days and moments, numbers, texts and shapes; a form may expect any of them.
VALUES = [
    "0001-01-01", "9999-12-31", "12026-11-30", "0000-00-00", "-0001-01-01", "1582-10-10",
    "1753-01-01", "1900-01-01", "2038-01-19", "2062-01-01", "2200-01-01", "2026-02-30",
    "2027-03-28", "30/11/2026", "٢٠٢٦-١١-٣٠", "0001-01-01T00:00", "9999-12-31T23:59",
    "9999-12-31T23:59:59.999999+00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00",
    "2027-03-28T02:30", "2026-10-25T02:30", "2026-11-30T10:07", "12026-11-30T10:00",
    "1e3", "-1", "0", "00", "1", "2147483648", "-2147483649", "9223372036854775808", "1" * 400,
    "1e400", "NaN", "-Infinity", "0.1", "1,5", "½", "٣", "²", "0x10", "1_000",
    "24:00", "23:59", "00:00", "-1:00",
    "", " ", "\x00", "a\x00b", "\ud800", "a\udfffb", "\u202eabc", "\u200b", "a\r\nb", "\x1b[31m",
    "a" * 20_000, "é" * 5_000, "a " * 8_000, "💥" * 300, "\u0301" * 300, "%00", "%s%n{}{0}",
    "[]", "{}", "null", "true", "on", '{"id": "\\ud800"}', "[[[[[[[[1]]]]]]]]", "'\"><b>",
    "11111111-1111-4111-8111-111111111111", "00000000-0000-0000-0000-000000000000",
    "not-a-uuid", "clinic", "all", "mel", "notes", "allergy", "//evil.example/", "javascript:x",
    "\\\\evil.example", "http://[", "/%ff", "+33612345678", "+0", "00" * 30, "a@b", "a@" * 100,
    "clinic/2026-12-01T10:00:00+00:00", "x/9999-12-31T23:59:59+00:00",
    "11111111-1111-4111-8111-111111111111/0001-01-01T00:00:00+00:00",
    b"\xff\xfe", b"\x80", b"%",
]  # fmt: skip

FILES = [
    (b"", "image/jpeg"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (photographs.jpeg(), "image/jpeg"),
    (photographs.png(), "text/html"),
    (b"%PDF-1.4", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, "image/png"),
    (b"GIF89a" + b"\xff" * 20, "image/gif"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
    (b"PK\x03\x04", ""),
    (b"a" * 200_000, "none/such; charset=\xff"),
]

# The values of fields, by the end of their name.
ROWS_OF = ("patient", "doctor", "visit_type", "disease", "stage", "lesion", "photograph")


def reasonable(name, things):
    """Return what a person might have typed into a field of this name."""
    today = timezone.localdate()
    end = name.rpartition("-")[2]
    if end in things and end in ROWS_OF:
        return str(things[end].pk)
    fitting = {
        "starts_at": f"{today + timedelta(days=1)}T10:00",
        "until": timezone.now().isoformat(),
        "start": str(today),
        "end": str(today + timedelta(days=6)),
        "who": str(things["doctor"].pk),
        "birth_date": "1980-05-17",
        "full_name": "Maria Example",
        "name": "An example",
        "time_zone": "Europe/Paris",
        "languages": "en",
        "language": "en",
        "portal_booking": "instant",
        "phone": "+33612345678",
        "email": "maria@example.org",
        "status": "cancelled",
        "reason": "For a reason.",
        "view": "week",
        "weekday": "1",
        "starts": "09:00",
        "ends": "10:00",
        "from_time": "09:00",
        "until_time": "17:00",
        "time": "10:00",
        "at_time": "10:00",
        "purpose": "ai_analysis",
        "method": "paper",
        "kind": "notes",
        "role": "secretary",
        "decision": "confirmed",
        "category": "histology",
        "duration_minutes": "15",
        "slot_minutes": "15",
        "cancellation_notice_hours": "24",
        "reminder_first_hours": "48",
        "reminder_last_hours": "3",
        "retention_years": "10",
        "TOTAL_FORMS": "1",
        "INITIAL_FORMS": "0",
        "MIN_NUM_FORMS": "0",
        "MAX_NUM_FORMS": "1000",
        "version": "0",
        "page": "1",
    }
    if end in fitting:
        return fitting[end]
    if "day" in end or "date" in end or end.startswith("valid_"):
        return str(today + timedelta(days=1))
    return "1"
