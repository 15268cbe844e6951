"""The calendar in a real browser: by keyboard only, by dragging, next to a second desk."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from clinic.models import Appointment
from tests.clinic.desk import at, booked, coming, works
from tests.e2e.door import come_in
from tests.worker import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

MONDAY = 0
# The calendar polls every ten seconds.
SOON_MS = 15_000


@pytest.fixture
def day(doctor, other_doctor):
    """Return the first Monday on which both doctors work in the morning."""
    day = coming(MONDAY)
    works(doctor, day, valid_from=day)
    works(other_doctor, day, valid_from=day)
    return day


def look_at_calendar(open_browser, user, day, view="day", **options):
    """Open somebody's browser on the calendar of a day."""
    page = open_browser(user.full_name, **options)
    come_in(page, user.email)
    page.goto(f"/calendar/?view={view}&date={day}")
    expect(page.locator(".calendar .ec-main")).to_be_visible()
    return page


def entry(page, name):
    return page.locator(".calendar .ec-event:not(.ec-ghost, .ec-preview)", has_text=name)


def place_of(page, name):
    """Return the position of an entry; the calendar redraws while it asks the server."""
    return wait_until(entry(page, name).bounding_box, what=f"{name} is drawn")


def point_at(page, column, clock):
    """Return the centre of the quarter-hour that begins at a time in the morning."""
    quarter = 28
    place = page.locator(".calendar .ec-body .ec-day").nth(column).bounding_box()
    ten = page.locator(".calendar .ec-slot", has_text="10:00")
    # The label is half a line above its line.
    half = ten.evaluate("slot => parseFloat(getComputedStyle(slot).lineHeight) / 2")
    line = ten.bounding_box()["y"] + half
    hours, minutes = map(int, clock.split(":"))
    quarters = (hours - 10) * 4 + minutes // 15
    return place["x"] + place["width"] / 2, line + (quarters + 0.5) * quarter


def drag(page, name, column, clock):
    box = place_of(page, name)
    page.mouse.move(box["x"] + 40, box["y"] + 8)
    page.mouse.down()
    x, y = point_at(page, column, clock)
    page.mouse.move(x, y - 20, steps=5)
    page.mouse.move(x, y, steps=3)
    page.mouse.up()


def test_a_call_becomes_an_appointment_without_the_mouse(
    open_browser, secretary, doctor, other_doctor, patient, day
):
    page = look_at_calendar(open_browser, secretary, day)
    page.keyboard.press("n")
    expect(page.get_by_label("Find a patient")).to_be_focused()
    page.keyboard.type("paul")
    expect(page.get_by_role("radio", name="Paul Patient")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="Paul Patient")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Booked:")).to_be_visible()
    expect(page.locator("#page-dialog")).not_to_be_visible()
    expect(entry(page, "Paul Patient")).to_be_visible()
    assert Appointment.objects.get().starts_at == at(day, "09:00")


def test_a_doctor_books_a_patient_in_the_own_calendar(
    open_browser, doctor, other_doctor, patient, day
):
    booked(doctor, patient, at(day, "11:00"))
    page = look_at_calendar(open_browser, doctor, day)
    expect(entry(page, "Paul Patient")).to_be_visible()
    page.mouse.click(*point_at(page, column=0, clock="10:00"))
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Day and time")).to_have_value(f"{day:%d/%m/%Y} 10:00")
    dialog.get_by_label("Find a patient").fill("paul")
    dialog.get_by_role("radio", name="Paul Patient").check()
    dialog.get_by_role("button", name="Book", exact=True).last.click()
    expect(page.get_by_text("Booked:")).to_be_visible()
    expect(entry(page, "Paul Patient")).to_have_count(2)
    assert Appointment.objects.get(starts_at=at(day, "10:00")).doctor.user == doctor


def test_who_is_faster_than_the_first_answer_books_all_the_same(open_browser, doctor, patient, day):
    page = open_browser("the hasty one")
    come_in(page, doctor.email)
    page.route("**/calendar/events/**", lambda route: None)
    page.goto(f"/calendar/?view=day&date={day}")
    expect(page.locator(".calendar .ec-main")).to_be_visible()
    page.mouse.click(*point_at(page, column=0, clock="10:00"))
    expect(page.get_by_role("dialog").get_by_label("Day and time")).to_have_value(
        f"{day:%d/%m/%Y} 10:00"
    )


def test_escape_closes_the_dialog_and_the_focus_goes_back(open_browser, secretary, doctor, day):
    page = look_at_calendar(open_browser, secretary, day)
    button = page.get_by_role("link", name="Book", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Find a patient")).to_be_focused()
    page.keyboard.type("paul")
    page.keyboard.press("Escape")
    expect(page.locator("#page-dialog")).not_to_be_visible()
    expect(button).to_be_focused()

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("w")
    page.wait_for_url(f"**/calendar/?view=week&date={day}")


def test_a_free_slot_is_clicked_a_new_patient_registered_and_booked_without_leaving_the_page(
    open_browser, secretary, doctor, other_doctor, patient, day, expected_errors
):
    expected_errors.append("422")
    page = look_at_calendar(open_browser, secretary, day)
    address = page.url
    expect(page.locator(".calendar-free-time")).to_have_count(2)
    page.mouse.click(*point_at(page, column=1, clock="10:00"))
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Day and time")).to_have_value(f"{day:%d/%m/%Y} 10:00")
    expect(dialog.locator("#id_doctor option:checked")).to_have_text("Dr Otto Other")
    dialog.get_by_role("button", name="Register a new patient").click()
    dialog.get_by_label("Full name").fill("Paul Patient")
    dialog.get_by_label("Date of birth").fill(patient.birth_date.isoformat())
    dialog.get_by_role("button", name="Register", exact=True).click()
    expect(dialog.get_by_text("Is it one of these?")).to_be_visible()
    dialog.get_by_role("link", name="Use this one").click()
    expect(dialog.get_by_role("radio", name="Paul Patient")).to_be_checked()
    expect(dialog.get_by_label("Day and time")).to_have_value(f"{day:%d/%m/%Y} 10:00")
    dialog.get_by_role("button", name="Book", exact=True).last.click()
    expect(page.get_by_text("Booked:")).to_be_visible()
    expect(entry(page, "Paul Patient")).to_be_visible()
    appointment = Appointment.objects.get()
    assert (appointment.patient, appointment.doctor.user) == (patient, other_doctor)
    assert page.url == address


def test_an_appointment_is_dragged_to_another_doctor_after_a_question(
    open_browser, secretary, doctor, other_doctor, patient, day
):
    old = booked(doctor, patient, at(day, "09:00"))
    page = look_at_calendar(open_browser, secretary, day)
    expect(entry(page, "Paul Patient")).to_be_visible()
    drag(page, "Paul Patient", column=1, clock="10:30")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("New day and time")).to_have_value(f"{day:%d/%m/%Y} 10:30")
    expect(dialog.get_by_role("button", name="Move", exact=True)).to_be_focused()
    old.refresh_from_db()
    assert old.status == "booked"
    page.keyboard.press("Enter")
    expect(page.get_by_text("Moved to")).to_be_visible()
    expect(entry(page, "10:30")).to_have_count(1)
    moved = Appointment.objects.get(rescheduled_from=old)
    assert (moved.starts_at, moved.doctor.user) == (at(day, "10:30"), other_doctor)


def test_what_may_not_be_moved_there_goes_back_and_the_next_free_times_are_offered(
    open_browser, secretary, doctor, other_doctor, patient, other_patient, day, expected_errors
):
    expected_errors.append("422")
    booked(doctor, patient, at(day, "09:00"))
    page = look_at_calendar(open_browser, secretary, day)
    expect(entry(page, "Paul Patient")).to_be_visible()
    before = place_of(page, "Paul Patient")
    drag(page, "Paul Patient", column=0, clock="10:00")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("New day and time")).to_have_value(f"{day:%d/%m/%Y} 10:00")
    # Another desk is faster.
    booked(doctor, other_patient, at(day, "10:00"))
    page.keyboard.press("Enter")
    expect(
        dialog.get_by_text("Dr Dora Doctor has another appointment at this time.")
    ).to_be_visible()
    expect(entry(page, "Paul Patient")).to_contain_text("09:00")
    wait_until(lambda: place_of(page, "Paul Patient") == before, what="back in its old place")
    dialog.locator("button[name=slot]").first.click()
    expect(page.get_by_text("Moved to")).to_be_visible()
    expect(entry(page, "10:15")).to_have_count(1)


def test_an_appointment_that_is_dropped_by_mistake_goes_back(
    open_browser, secretary, doctor, other_doctor, patient, day
):
    booked(doctor, patient, at(day, "09:00"))
    page = look_at_calendar(open_browser, secretary, day)
    expect(entry(page, "Paul Patient")).to_be_visible()
    before = place_of(page, "Paul Patient")
    drag(page, "Paul Patient", column=1, clock="10:00")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    wait_until(lambda: place_of(page, "Paul Patient") == before, what="back in its old place")
    assert Appointment.objects.get().starts_at == at(day, "09:00")


def test_what_a_second_desk_books_appears_by_itself_and_disturbs_nothing(
    open_browser, secretary, doctor, other_doctor, patient, day
):
    page = look_at_calendar(open_browser, secretary, day)
    expect(page.locator(".calendar-free-time")).to_have_count(2)
    page.keyboard.press("n")
    page.get_by_role("dialog").get_by_label("Note for the desk").fill("Half a sentence")
    booked(doctor, patient, at(day, "09:30"))
    expect(entry(page, "Paul Patient")).to_be_visible(timeout=SOON_MS)
    expect(page.get_by_role("dialog").get_by_label("Note for the desk")).to_have_value(
        "Half a sentence"
    )
    expect(page.locator("[data-calendar-count]")).to_have_text("1")


def test_the_clinic_s_clock_counts_wherever_the_browser_is_and_when_the_clock_changes(
    open_browser, secretary, doctor, patient
):
    last = date(timezone.localdate().year + 1, 10, 31)
    sunday = last - timedelta(days=(last.weekday() - 6) % 7)
    works(doctor, sunday, "09:00", "11:00")
    booked(doctor, patient, at(sunday, "09:30"))
    page = look_at_calendar(open_browser, secretary, sunday, timezone_id="America/New_York")
    expect(entry(page, "Paul Patient").locator("time")).to_have_text("09:30")
    page.mouse.click(*point_at(page, column=0, clock="10:00"))
    expect(page.get_by_role("dialog").get_by_label("Day and time")).to_have_value(
        f"{sunday:%d/%m/%Y} 10:00"
    )


def test_on_a_telephone_one_doctor_fills_the_width(
    open_browser, secretary, doctor, other_doctor, day
):
    page = look_at_calendar(open_browser, secretary, day)
    page.set_viewport_size({"width": 360, "height": 740})
    page.reload()
    expect(page.locator(".calendar-free-time")).to_have_count(2)
    width = page.locator(".calendar .ec-body .ec-day").first.bounding_box()["width"]
    assert 220 < width < 330
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("first", ["06:00", "09:00"])
def test_today_opens_where_something_is(open_browser, secretary, doctor, patient, first):
    """Open the calendar of a day that begins earlier than the grid, after all the visits of it."""
    day = timezone.localdate()
    works(doctor, day, first, "12:00")
    works(doctor, day, "13:00", "22:00")
    # The last visit keeps the grid long after the day, when no time is free.
    booked(doctor, patient, at(day, first))
    booked(doctor, patient, at(day, "21:30"))
    page = look_at_calendar(open_browser, secretary, day)
    expect(entry(page, "Paul Patient")).to_have_count(2)

    def is_seen():
        return page.evaluate(
            """() => {
              const grid = document.querySelector(".calendar .ec-main").getBoundingClientRect();
              const things = document.querySelectorAll(".ec-event, .calendar-free-time");
              return [...things].some((thing) => {
                const box = thing.getBoundingClientRect();
                return box.bottom > grid.top + 60 && box.top < grid.bottom;
              });
            }"""
        )

    wait_until(is_seen, what="a visit or a free time is in view")
    hour = max(timezone.localtime().hour - 1, int(first[:2]))
    label = page.locator(".calendar .ec-slot", has_text=f"{min(hour, 21):02}:00")
    expect(label).to_be_in_viewport()
