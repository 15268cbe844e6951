#!/usr/bin/env python
"""Take screenshots of pages of a running site at three widths, light and dark."""

import argparse
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDTHS = {1440: 900, 1024: 768, 360: 740}
SCHEMES = ("light", "dark")


@dataclass(frozen=True)
class Shoot:
    """The pages to take screenshots of, and as whom."""

    base_url: str
    email: str
    password: str
    paths: tuple[str, ...]
    widths: tuple[int, ...]
    schemes: tuple[str, ...]
    is_right_to_left: bool
    is_whole_page: bool
    out: Path


def file_stem(path: str) -> str:
    """Return a file name that tells which page it shows."""
    return re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")[:60] or "home"


def sign_in(page: Page, shoot: Shoot) -> None:
    """Sign in through the form, as a person does."""
    page.goto(f"{shoot.base_url}/login/")
    page.fill("input[name=login] >> nth=0", shoot.email)
    page.fill("input[type=password] >> nth=0", shoot.password)
    page.click("main form button[type=submit] >> nth=0")
    page.wait_for_load_state("load")


def take(page: Page, shoot: Shoot, path: str, width: int, target: Path) -> list[str]:
    """Take one screenshot and report what looks wrong: errors, or a page wider than its window."""
    troubles: list[str] = []
    page.on(
        "console", lambda m: troubles.append(m.text) if m.type in {"error", "warning"} else None
    )
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(f"{shoot.base_url}{path}")
    if shoot.is_right_to_left:
        page.evaluate("document.documentElement.dir = 'rtl'")
    if shoot.is_whole_page:
        # The window becomes as high as the page, so that its bottom bar is at the end of the page.
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(250)
    page.screenshot(path=target)
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if overflow > 0:
        troubles.append(f"{overflow} px wider than the window")
    return troubles


def walk(browser: Browser, shoot: Shoot) -> Iterable[str]:
    """Take every screenshot, with one browser session per scheme."""
    for scheme in shoot.schemes:
        context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
        page = context.new_page()
        if shoot.email:
            sign_in(page, shoot)
        storage = context.storage_state()
        context.close()
        for width in shoot.widths:
            for path in shoot.paths:
                context = browser.new_context(
                    color_scheme="dark" if scheme == "dark" else "light",
                    storage_state=storage,
                    viewport={"width": width, "height": WIDTHS.get(width, 900)},
                )
                target = shoot.out / f"{file_stem(path)}-{width}-{scheme}.png"
                troubles = take(context.new_page(), shoot, path, width, target)
                context.close()
                yield f"{target}{''.join(f'  ! {trouble}' for trouble in troubles)}"


def read_arguments() -> Shoot:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", metavar="PATH", help="such as /login/")
    parser.add_argument("--base-url", default="http://127.0.0.1:8000")
    parser.add_argument("--email", default="", help="who signs in; nobody if omitted")
    parser.add_argument("--password", default="demo-clinic-2026")
    parser.add_argument("--widths", type=int, nargs="+", default=list(WIDTHS))
    parser.add_argument("--schemes", choices=SCHEMES, nargs="+", default=list(SCHEMES))
    parser.add_argument("--rtl", action="store_true", help="mirror the pages")
    parser.add_argument("--window", action="store_true", help="only the visible part")
    parser.add_argument("--out", type=Path, default=Path("test-results/look"))
    arguments = parser.parse_args()
    return Shoot(
        base_url=arguments.base_url.rstrip("/"),
        email=arguments.email,
        password=arguments.password,
        paths=tuple(arguments.paths),
        widths=tuple(arguments.widths),
        schemes=tuple(arguments.schemes),
        is_right_to_left=arguments.rtl,
        is_whole_page=not arguments.window,
        out=arguments.out,
    )


def main() -> None:
    """Take the screenshots that the command line asks for."""
    shoot = read_arguments()
    shoot.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for line in walk(browser, shoot):
            print(line)
        browser.close()


if __name__ == "__main__":
    main()
