"""Every page in a real browser: no error, no violation of its policy, no style missing."""

from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from tests.access_table import ROLES
from tests.test_access_matrix import ROWS, address

pytestmark = pytest.mark.django_db(transaction=True)

SHEETS = Path(settings.BASE_DIR, "static/css")
LONG_NAME = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaft"

# Rules that match something on the page although their sheet is not loaded.
FIND_MISSED = """sheets => {
  const hrefs = [...document.styleSheets].map((each) => each.href ?? "");
  // Without states and pseudo-elements, which no element has at this moment.
  const settled = (selector) =>
    selector
      .replace(/::[a-z-]+/g, "")
      .replace(/:(hover|focus(-\\w+)?|checked|disabled)/g, ":is(*)");
  const reaches = (rule) =>
    rule.selectorText
      .split(/,(?![^(]*\\))/)
      .some((each) => document.querySelector(settled(each) || "*"));
  const rulesOf = (list) => [...list].flatMap((rule) =>
    rule instanceof CSSStyleRule ? [rule] : rulesOf(rule.cssRules ?? []));
  const found = [];
  for (const [name, text] of Object.entries(sheets)) {
    if (hrefs.some((href) => href.endsWith(`/css/${name}`))) continue;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    const missed = rulesOf(sheet.cssRules).filter(reaches);
    found.push(...missed.map((rule) => `${name}: ${rule.selectorText}`));
  }
  return found;
}"""


# The innermost elements that end beyond the window, outside of boxes that scroll by themselves.
FIND_WIDEST = """() => {
  const beyond = [...document.querySelectorAll("main *, header *")].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.right > window.innerWidth + 1 && box.width;
  });
  return beyond
    .filter((element) => !beyond.some((other) => other !== element && element.contains(other)))
    .slice(0, 4)
    .map((element) => `${element.tagName}.${element.className}`);
}"""


def missed_rules(page):
    """Return the rules that the page needs from sheets that it has not loaded."""
    # The screen of the waiting room has its own styles.
    texts = {one.name: one.read_text() for one in SHEETS.glob("*.css") if one.name != "screen.css"}
    return page.evaluate(FIND_MISSED, texts) if page.locator(".skip-link").count() else []


def too_wide(page):
    """Return the elements that make the page wider than its window."""
    is_wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return page.evaluate(FIND_WIDEST) or ["something"] if is_wide else []


def is_page(response):
    return (
        response.status_code == 200
        and response["Content-Type"].startswith("text/html")
        and not response.streaming
        and b"<html" in response.content
    )


@pytest.mark.parametrize("role", ["admn", "secr", "doct", "pati"])
def test_each_page_of_a_role_has_its_styles_no_error_and_room_for_a_long_name(
    role, cast, things, sign_in, browser_of
):
    user = cast[role]
    for person in (things["patient"], things["doctor"].user, user):
        person.full_name = LONG_NAME
        person.save()
    client = sign_in(user)
    readable = [
        row for row in ROWS if row.method == "GET" and row.expected[ROLES.index(role)] == "200"
    ]
    addresses = [address(row, things) for row in readable]
    pages = [path for path in addresses if is_page(client.get(path))]
    assert len(pages) >= 10

    browser = browser_of(user)
    browser.set_viewport_size({"width": 360, "height": 740})
    found = {}
    for path in pages:
        answer = browser.goto(path)
        assert answer.status == 200, path
        assert browser.locator("main").count() == 1, path
        if faults := [*missed_rules(browser), *too_wide(browser)]:
            found[path] = faults

    assert not found, "\n".join(f"{path}: {faults}" for path, faults in found.items())


def test_every_title_begins_at_one_place(browser_of, secretary, doctor):
    browser = browser_of(secretary)
    names = ("calendar", "desk_day", "patient_list", "waiting_room", "request_list", "doctor_list")
    places = {}
    for name in (*names, "appointment_book", "profile", "notification_list"):
        browser.goto(reverse(f"clinic:{name}"))
        title = browser.locator("h1").bounding_box()
        places[name] = round(title["x"]), round(title["y"] + title["height"] / 2)

    assert len(set(places.values())) == 1, places
