"""A real browser against a live server: an error in its console fails the test."""

import os
import re
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from playwright.sync_api import Error, expect, sync_playwright

from tests.e2e.door import come_in

PROGRAMS = {
    # The first has no windows: it shows the same pages for half of the processor time.
    "Chromium": ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"),
    "Firefox": ("firefox-esr", "firefox"),
}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# A camera that shows a test picture and needs no permission.
ARGUMENTS += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
PREFERENCES = {"media.navigator.streams.fake": True, "media.navigator.permission.disabled": True}
RESULTS = Path(settings.BASE_DIR, "test-results")
TIMEOUT_MS = 60_000  # for a busy machine; pages that answer in time cost no wait
expect.set_options(timeout=TIMEOUT_MS)
# Playwright runs an event loop in this thread, in which Django would refuse every query.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


LEFT_OUT = "no {} here: nothing was tried in it"


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            name = named_browser(item)
            if program(name) is None and not os.environ.get("CI"):
                item.add_marker(pytest.mark.skip(reason=LEFT_OUT.format(name)))


def named_browser(item):
    """Return the browser that a test names, or Chromium."""
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("browser", "Chromium") if callspec else "Chromium"


def program(name):
    """Return the path of a browser, or nothing."""
    return next(filter(None, map(shutil.which, PROGRAMS[name])), None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


FAILED = pytest.StashKey[bool]()
# A newer request stopped this one; one that failed says so in another message, too.
STOPPED = ("htmx:afterRequest", "htmx:sendAbort")


@pytest.fixture(scope="session")
def start_browser(django_db_setup):
    """Return a function that starts a browser, each once per run.

    While Playwright's loop runs, Django gives this thread another connection. It is closed before
    the database is removed.
    """
    with sync_playwright() as playwright:
        browsers = {}

        def _start_browser(name):
            if name not in browsers:
                browsers[name] = launch(playwright, name)
            return browsers[name]

        yield _start_browser
        for browser in browsers.values():
            browser.close()
        connections.close_all()


def launch(playwright, name):
    """Start a browser; without it its tests are skipped, but never in CI."""
    path = program(name)
    if path is None:
        pytest.fail(f"There is no {name} on this machine.")
    if name == "Chromium":
        return playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
    # With this channel Playwright speaks WebDriver BiDi, which needs no build of its own.
    return playwright.firefox.launch(
        executable_path=path, channel="moz-firefox", firefox_user_prefs=PREFERENCES
    )


@pytest.fixture
def browser(start_browser, request):
    """Return Chromium, or the browser that the test names."""
    return start_browser(getattr(request, "param", "Chromium"))


@pytest.fixture
def expected_errors():
    """Return parts of console messages that a test provokes on purpose."""
    return []


@pytest.fixture
def problems():
    """Return what browsers complained about, which fails the test at its end."""
    return []


@pytest.fixture
def open_browser(browser, live_server, request, expected_errors, problems):
    """Return a function that opens a new browser for somebody, on the site's first page."""
    contexts = []

    def _open_browser(name="somebody", **options):
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": 1440, "height": 1000}, **options
        )
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append((name, context))
        context.on("console", lambda message: note(name, message.type, message.text))
        context.on("weberror", lambda error: note(name, "error", str(error.error)))
        if browser.browser_type.name == "firefox":  # whose console says nothing of refused requests
            context.on("response", lambda response: note_refusal(name, response))
        page = context.new_page()
        page.goto("/")
        return page

    def note(name, kind, text):
        if kind == "error" and not any(part in text for part in (*STOPPED, *expected_errors)):
            problems.append(f"{name}: {text}")

    def note_refusal(name, response):
        if response.status >= 400:
            words = f"the server responded with a status of {response.status}"
            note(name, "error", f"{words}: {response.url}")

    yield _open_browser
    for name, context in contexts:
        if request.node.stash.get(FAILED, False):
            take_pictures(context, f"{request.node.name}-{name}")
        context.close()
    assert not problems, "\n".join(problems)


@pytest.fixture
def browser_of(open_browser):
    """Return a function that opens a browser in which somebody is signed in."""

    def _browser_of(user):
        page = open_browser(user.full_name)
        come_in(page, user.email)
        return page

    return _browser_of


def take_pictures(context, name):
    RESULTS.mkdir(exist_ok=True)
    for number, page in enumerate(context.pages):
        path = RESULTS / f"{re.sub(r'[^A-Za-z0-9]+', '-', name)}-{number}.png"
        try:
            page.screenshot(path=path, full_page=True)
        except Error as error:
            print(f"No picture of {name}: {error}")  # noqa: T201
