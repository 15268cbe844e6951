"""Printed pages have no buttons, and all of their columns."""

from datetime import timedelta
from io import BytesIO

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from clinic.models import Consultation
from tests.clinic.desk import at, booked, coming, works
from tests.factories import DoctorFactory

pytestmark = pytest.mark.django_db(transaction=True)

# A4 without the browser's margins.
PAPER = {"width": 718, "height": 1047}
USELESS = ".skip-link, .topbar, .rail, .bottom-bar, .btn, .btn-close, .menu"


@pytest.fixture
def doctors(doctor, other_doctor):
    """Five doctors with hours on the same day, too many for the usual width of columns."""
    return [doctor, other_doctor, *(DoctorFactory().user for _ in range(3))]


@pytest.fixture
def day(doctors, patient):
    day = coming(0)
    for number, each in enumerate(doctors):
        works(each, day)
        booked(each, patient, at(day, "09:00") + timedelta(minutes=30 * number))
    return day


def print_out(page):
    """Lay the page out as it would be printed."""
    page.emulate_media(media="print")
    page.set_viewport_size(PAPER)


def printed(page):
    """Return what would be printed although it is useless on paper."""
    shown = page.locator(USELESS).filter(visible=True)
    return shown.evaluate_all("all => all.map((each) => each.outerHTML)")


def assert_within_paper(page, parts, count):
    expect(parts).to_have_count(count)
    for part in parts.all():
        place = part.bounding_box()
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= PAPER["width"]
    assert page.evaluate("document.documentElement.scrollWidth") == PAPER["width"]


@pytest.mark.parametrize("view", ["day", "week", "month"])
def test_a_printed_calendar_shows_every_column(view, browser_of, secretary, doctors, day):
    page = browser_of(secretary)
    page.goto(f"/calendar/?view={view}&date={day}")
    expect(page.locator(".calendar .ec-event:not(.ec-bg-event)").first).to_be_visible()
    print_out(page)
    assert printed(page) == []
    assert_within_paper(page, page.locator(".ec-col-head"), {"day": 5}.get(view, 7))
    main = page.locator(".ec-main")
    assert main.evaluate("box => box.scrollWidth <= box.clientWidth")
    assert main.evaluate("box => box.scrollHeight <= box.clientHeight")


def test_the_printed_day_of_the_desk_shows_every_doctor(browser_of, secretary, doctors, day):
    page = browser_of(secretary)
    page.goto(f"/desk/?date={day}")
    print_out(page)
    assert printed(page) == []
    assert_within_paper(page, page.locator(".day-column"), 5)


@pytest.mark.parametrize("path", ["/day/", "/visits/{visit}/", "/patients/{patient}/"])
def test_a_page_of_a_doctor_is_printed_without_buttons(path, browser_of, doctor, consultation):
    page = browser_of(doctor)
    page.goto(path.format(visit=consultation.pk, patient=consultation.patient_id))
    expect(page.locator(".btn").first).to_be_visible()
    print_out(page)
    assert printed(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == PAPER["width"]


def test_what_a_doctor_wrote_is_printed_whole(browser_of, doctor, consultation):
    long = "It has grown since the spring and itches at night. " * 6
    Consultation.objects.filter(pk=consultation.pk).update(examination=long, conclusion=long)
    page = browser_of(doctor)
    page.goto(f"/visits/{consultation.pk}/")
    fields = page.locator("#visit-notes textarea")
    expect(fields.first).to_be_visible()
    print_out(page)
    for field in fields.all():
        assert field.evaluate("box => box.scrollHeight <= box.clientHeight"), field
    expect(page.locator("details:not([open])").filter(visible=True)).to_have_count(0)


def test_a_printed_calendar_lies_on_its_side(browser_of, secretary, doctors, day):
    page = browser_of(secretary)
    page.goto(f"/calendar/?view=day&date={day}")
    expect(page.locator(".calendar .ec-event:not(.ec-bg-event)").first).to_be_visible()
    paper = PdfReader(BytesIO(page.pdf(format="A4", prefer_css_page_size=True))).pages[0]
    assert paper.mediabox.width > paper.mediabox.height
    page.emulate_media(media="print")
    expect(page.get_by_text("Drag an appointment")).to_be_hidden()


def test_a_page_of_a_patient_is_printed_without_buttons(browser_of, patient, appointment):
    page = browser_of(patient.user)
    page.goto("/my/visits/")
    expect(page.locator(".btn").first).to_be_visible()
    print_out(page)
    assert printed(page) == []
