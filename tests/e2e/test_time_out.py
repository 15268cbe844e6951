"""The warning before a session ends, its two answers, and how it works with several tabs."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from clinic.people.idle import ACTIVE_AT, SIGNED_IN_AT

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = reverse("clinic:notification_count")
HOURS = reverse("clinic:doctor_list")
PATIENTS = reverse("clinic:patient_list")
# Triggers without a person; a tag of Django's templates may surround them.
BY_ITSELF = re.compile(r"\b(every|load)\b")
TRIGGER = re.compile(r'hx-trigger="([^"]+)"')


@pytest.fixture(autouse=True)
def two_minutes(settings):
    settings.STAFF_IDLE_MINUTES = 2


@pytest.fixture
def desk(browser_of, secretary):
    """Return the desk’s browser, whose clock the test moves."""
    page = browser_of(secretary)
    page.clock.install()
    open_page(page, PATIENTS)
    return page


def open_page(page, path):
    """Open a page and wait until it knows how long the session lasts."""
    page.goto(path)
    wait_for_the_whole_time(page)


def wait_for_the_whole_time(page):
    """Wait until the page knows that the time has started again."""
    whole = re.compile(r"^1[12]\d$")
    expect(page.locator("#idle-dialog")).to_have_attribute("data-left", whole)


def let_pass(page, seconds, moment=ACTIVE_AT):
    """Let time pass for the server, then for the page."""
    for row in Session.objects.all():
        session = SessionStore(row.session_key)
        if moment in session:
            session[moment] -= timedelta(seconds=seconds).total_seconds()
            session.save()
    page.clock.fast_forward(seconds * 1000)


def warning(page):
    return page.get_by_role("alertdialog", name="Are you still there?")


def test_a_warning_a_minute_before_and_a_click_that_stays(desk):
    let_pass(desk, 58)
    expect(warning(desk)).not_to_be_visible()
    let_pass(desk, 5)
    expect(warning(desk)).to_be_visible()
    stay = desk.get_by_role("button", name="Stay signed in")
    expect(stay).to_be_focused()
    desk.keyboard.press("Enter")
    wait_for_the_whole_time(desk)
    expect(warning(desk)).not_to_be_visible()
    let_pass(desk, 58)
    open_page(desk, HOURS)
    expect(warning(desk)).not_to_be_visible()


def test_escape_stays_and_sign_out_leaves(desk):
    let_pass(desk, 65)
    expect(warning(desk)).to_be_visible()
    desk.keyboard.press("Escape")
    wait_for_the_whole_time(desk)
    expect(warning(desk)).not_to_be_visible()
    let_pass(desk, 65)
    warning(desk).get_by_role("button", name="Sign out").click()
    expect(desk.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(desk.get_by_text("of inactivity")).to_have_count(0)


def test_who_does_not_answer_stands_at_the_door_and_comes_back_to_the_same_page(desk, secretary):
    let_pass(desk, 65)
    expect(warning(desk)).to_be_visible()
    let_pass(desk, 60)
    expect(desk.get_by_text("You were signed out after 2 minutes of inactivity.")).to_be_visible()
    desk.get_by_label("Email").fill(secretary.email)
    desk.get_by_label("Password", exact=True).fill("correct horse battery")
    desk.get_by_role("button", name="Sign in", exact=True).click()
    desk.wait_for_url(f"**{PATIENTS}")


def test_a_click_in_one_tab_keeps_the_other(desk):
    other = desk.context.new_page()
    other.clock.install()
    open_page(other, PATIENTS)
    let_pass(desk, 65)
    expect(warning(desk)).to_be_visible()
    open_page(other, HOURS)
    desk.clock.fast_forward(6000)
    expect(warning(desk)).not_to_be_visible()
    expect(warning(other)).not_to_be_visible()


def test_the_last_minute_of_twelve_hours_is_announced_and_cannot_be_put_off(desk):
    let_pass(desk, 12 * 3600 - 50, moment=SIGNED_IN_AT)
    expect(warning(desk)).to_contain_text("Save what you are writing")
    expect(desk.get_by_role("button", name="Stay signed in")).not_to_be_visible()
    desk.get_by_role("button", name="Close").click()
    expect(warning(desk)).not_to_be_visible()
    with desk.expect_response("**/session/"):
        desk.clock.fast_forward(5000)
    expect(warning(desk)).not_to_be_visible()
    let_pass(desk, 60, moment=SIGNED_IN_AT)
    expect(desk.get_by_text("because you signed in 12 hours ago")).to_be_visible()


def test_who_is_typing_is_not_interrupted(desk):
    open_page(desk, reverse("clinic:patient_register"))
    let_pass(desk, 30)
    desk.get_by_label("Full name").press_sequentially("Half a form")
    with desk.expect_response("**/session/stay/"):
        let_pass(desk, 40)
    expect(warning(desk)).not_to_be_visible()


def test_everything_that_a_clock_asks_for_carries_the_mark(desk, settings):
    """Check each trigger in the templates as htmx itself understands it."""
    triggers = {
        re.sub(r"{%.*?%}|{{.*?}}", lambda tag: "1" if tag[0].startswith("{{") else "", found)
        for path in (settings.BASE_DIR / "templates").rglob("*.html")
        for found in TRIGGER.findall(path.read_text())
        if BY_ITSELF.search(found)
    }
    assert len(triggers) >= 6
    asked = []
    desk.on("request", lambda request: asked.append(request) if "?walk=" in request.url else None)
    desk.evaluate(
        """([triggers, address]) => {
          const asked = new Set();
          document.addEventListener("htmx:afterRequest", (event) => {
            if (event.detail.elt.dataset.walk) asked.add(event.detail.elt.dataset.walk);
            document.body.dataset.walked = asked.size;
          });
          triggers.forEach((trigger, number) => {
            const made = document.createElement("div");
            made.dataset.walk = number;
            made.setAttribute("hx-get", `${address}?walk=${number}`);
            made.setAttribute("hx-trigger", trigger);
            document.body.append(made);
            htmx.process(made);
          });
        }""",
        [sorted(triggers), COUNT],
    )
    desk.clock.run_for(31_000)
    expect(desk.locator(f'body[data-walked="{len(triggers)}"]')).to_have_count(1)
    assert {request.url.partition("?walk=")[2] for request in asked} == {
        str(number) for number in range(len(triggers))
    }
    assert all(request.headers.get("x-without-click") == "true" for request in asked)


def test_a_click_and_a_search_carry_no_mark_and_the_calendar_does(desk, doctor):
    with desk.expect_request(lambda request: request.headers.get("hx-request")) as found:
        desk.get_by_label("Find a patient").press_sequentially("paul")
        desk.clock.run_for(500)
    assert "x-without-click" not in found.value.headers
    with desk.expect_request(re.compile("/calendar/events/")) as feed:
        desk.goto(reverse("clinic:calendar"))
    assert feed.value.headers["x-without-click"] == "true"
