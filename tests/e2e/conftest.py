"""A real Chromium against a live server: an error in its console fails the test."""

import os
import re
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from playwright.sync_api import Error, expect, sync_playwright

from tests.e2e.door import come_in

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# A camera that shows a test picture and needs no permission.
ARGUMENTS += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
RESULTS = Path(settings.BASE_DIR, "test-results")
TIMEOUT_MS = 60_000  # for a busy machine; pages that answer in time cost no wait
expect.set_options(timeout=TIMEOUT_MS)
# Playwright runs an event loop in this thread, in which Django would refuse every query.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


PROGRAM = next(filter(None, map(shutil.which, BROWSERS)), None)
LEFT_OUT = "no Chromium here: nothing was tried in a browser"


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if PROGRAM is None and not os.environ.get("CI"):
                item.add_marker(pytest.mark.skip(reason=LEFT_OUT))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def chromium(django_db_setup):
    """Start one Chromium per run; without it the browser tests are skipped, but never in CI.

    While Playwright's loop runs, Django gives this thread another connection. It is closed before
    the database is removed.
    """
    if PROGRAM is None:
        pytest.fail("There is no Chromium on this machine.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=ARGUMENTS)
        yield browser
        browser.close()
        connections.close_all()


@pytest.fixture
def expected_errors():
    """Return parts of console messages that a test provokes on purpose."""
    return []


@pytest.fixture
def open_browser(chromium, live_server, request, expected_errors):
    """Return a function that opens a new browser for somebody, on the site's first page."""
    contexts, problems = [], []

    def _open_browser(name="somebody", **options):
        context = chromium.new_context(
            base_url=live_server.url, viewport={"width": 1440, "height": 1000}, **options
        )
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append((name, context))
        context.on("console", lambda message: note(name, message.type, message.text))
        context.on("weberror", lambda error: note(name, "error", str(error.error)))
        page = context.new_page()
        page.goto("/")
        return page

    def note(name, kind, text):
        if kind == "error" and not any(part in text for part in expected_errors):
            problems.append(f"{name}: {text}")

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
