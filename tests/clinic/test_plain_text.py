"""What a header, a calendar or a text message can carry of a text."""

from django.core import mail
from icalendar import Calendar

from clinic.ics import PUBLISH, calendar_of
from clinic.models import ClinicSettings
from clinic.notifications import send_mail
from clinic.plain_text import one_line, without_controls


def test_a_text_on_one_line_keeps_its_words_alone():
    assert one_line(" a\r\nb\u2028c\td\x00\x1be ") == "a b c de"
    assert without_controls("a\r\nb\x01\tc") == "a\nb c"


def test_a_clinic_whose_name_has_a_line_break_still_sends_mails_and_calendars(db):
    clinic = ClinicSettings.objects.current()
    clinic.name = "Clinic\r\nBcc: all@example.org\x01"
    clinic.save()
    context = {"password_reset_url": "https://clinic.example/x", "hours": 48}
    assert send_mail("password_reset_key", to="a@example.org", language="en", context=context)
    [message] = mail.outbox
    assert "Clinic Bcc" in message.from_email
    assert message.recipients() == ["a@example.org"]
    calendar = Calendar.from_ical(calendar_of([], method=PUBLISH))
    assert calendar["x-wr-calname"] == "Clinic Bcc: all@example.org"
