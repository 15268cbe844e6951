"""Any text, of any script or none, in everything that leaves: papers, emails, calendars, tables."""

import csv
import io
from datetime import UTC, datetime, timedelta
from email import policy
from email.parser import BytesParser
from unittest import mock

import pytest
from django.core import mail
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from icalendar import Calendar

from clinic.core.mail import send_mail
from clinic.core.papers.glyphs import SIGN, unprintable
from clinic.core.papers.pdf import NOT_SET, qr_code, render_pdf
from clinic.core.text_bounds import refuse_endless_words
from clinic.models import ClinicSettings
from clinic.scheduling.ics import PUBLISH, REQUEST, CalendarEntry, calendar_of
from clinic.trail.services.audit_trail import _cell
from tests.factories import UserFactory
from tests.fuzz.budget import examples

NOW = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
TROUBLE = st.sampled_from(
    "\x00\x01\t\n\v\f\r\x1b\x7f\x85\xad\u034f\u061c\u180e\u200b\u200d\u200e\u2028\u202e\u2066\u2069"
    "\u20e3\ufe0f\ufeff\ufffe\uf0b7\ufdd0\U0001f3fd\U0001f1eb\U000e0041\U0010ffff=+-@\"';:,<>#$*\\"
)
# Surrogates cannot come in, because requests that are not UTF-8 are repaired when read.
ANYTHING = st.characters(exclude_categories=["Cs"])
MARKS = st.characters(categories=["Mn", "Mc", "Me", "Cf", "Sk"])
TEXTS = st.text(st.one_of(ANYTHING, MARKS, TROUBLE), min_size=1, max_size=60)


def fuzzed(few, *, many):
    """Draw the same texts each time, as many as this run has time for."""

    def decorate(test):
        bounded = settings(
            max_examples=examples(few, many=many),
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        )
        return seed(20261124)(bounded(test))

    return decorate


def paper(template, text):
    """Return everything that a template shows, with one text in every place."""
    entry = {"title": text, "text": f"{text}\n{text}\n\n{text}", "small": f"{text} · {text}"}
    override = {"warning": text, "reason": text, "small": text}
    drug = dict.fromkeys(("drug", "product", "use", "note", "original"), text) | {
        "supply": [text, text]
    }
    contents = {
        "prescription": {
            "lines": [drug],
            "overrides": {"title": text, "entries": [override], "note": text},
        },
        "visit_report": {"sections": [{"title": text, "entries": [entry]}]},
        "referral_letter": {
            "to": text,
            "addressee": text,
            "sections": [{"title": text, "entries": [entry]}],
        },
    }
    words = (
        "patient",
        "birth_date",
        "record_number",
        "check",
        "qr",
        "page",
        "photographs",
        "comma",
    )
    return {
        "title": text,
        "clinic": {"name": text, "address": text, "phone": text},
        "doctor": {"name": text, "details": [text]},
        "patient": {"name": text, "birth_date": text, "record_number": text},
        "date": text,
        "signed": text,
        "content": contents[template],
        "logo": None,
        "revoked": {"mark": text, "sentence": text},
        "address": "https://clinic.example/verify/x/",
        "address_in_words": {"site": text, "path": text},
        "qr": qr_code("https://clinic.example/verify/x/"),
        "pictures": [],
        "words": dict.fromkeys(words, text),
    }


@pytest.fixture
def clinic(db):
    """Return the clinic, whose name and address a test draws."""
    stored = ClinicSettings(pk=1)
    with mock.patch.object(type(ClinicSettings.objects), "current", return_value=stored):
        yield stored


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("template", ["prescription", "visit_report", "referral_letter"])
def test_every_paper_comes_out_for_readers_and_for_screen_readers(template, language):
    @fuzzed(12, many=3_000)
    @given(TEXTS)
    def check(text):
        data = paper(template, text) | {"language": language}
        assert set(data) > NOT_SET
        assert b"pdfuaid:part" in render_pdf(template, data=data, made_at=NOW)

    check()


@fuzzed(100, many=20_000)
@given(TEXTS)
def test_what_is_lost_is_told_and_never_more(text):
    assert set(unprintable(text)) <= set(text) - {SIGN}


@fuzzed(30, many=5_000)
@given(text=TEXTS)
def test_a_calendar_is_read_back_as_one_visit(clinic, text):
    clinic.name = clinic.address = text
    entry = CalendarEntry("u@x", 1, NOW, NOW + timedelta(hours=1), text, "a@example.org")
    for method in (REQUEST, PUBLISH):
        content = calendar_of([entry], method=method)
        assert len(Calendar.from_ical(content).walk("VEVENT")) == 1
        assert not {*content} & {0, 1, 0x1B, 0x7F}


@fuzzed(20, many=1_000)
@given(text=TEXTS)
def test_a_mail_and_a_text_message_leave(clinic, text):
    clinic.name = clinic.address = text
    mail.outbox.clear()
    context = {
        "password_reset_url": "https://clinic.example/x",
        "hours": 3,
        "person": UserFactory.build(full_name=text),
    }
    assert send_mail("password_reset_key", to="a@example.org", language="en", context=context)
    sent = mail.outbox[0].message().as_bytes()
    read = BytesParser(policy=policy.default).parsebytes(sent)
    assert len(read["To"].addresses) == len(read["From"].addresses) == 1


@fuzzed(100, many=10_000)
@given(TEXTS)
def test_a_table_reads_back_what_was_written_and_no_cell_is_a_formula(text):
    line = io.StringIO(newline="")
    csv.writer(line).writerow([_cell(text), "end"])
    [[cell, end]] = csv.reader(io.StringIO(line.getvalue(), newline=""))
    assert (cell.removeprefix("'") == text.removeprefix("'"), end) == (True, "end")
    assert cell[:1] not in "=+-@"


@fuzzed(100, many=10_000)
@given(st.text(ANYTHING, max_size=200))
def test_no_text_of_ordinary_length_has_an_endless_word(text):
    refuse_endless_words(text)
