"""A page loads the style sheets that it needs, in one order, and no others."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path

from django.conf import settings
from django.template.loader import get_template

ROOT = Path(settings.BASE_DIR)
BASE = "base.html"
# The screen of the waiting room and emails have their own styles.
APART = (
    "clinic/scheduling/waiting_screen.html",
    "clinic/scheduling/partials/screen_state.html",
    "emails/",
)

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
STYLES = re.compile(r"{% block styles %}(.*?){% endblock styles %}", re.DOTALL)
OPENS_IN_DIALOG = "{% extends layout|default"


def records(pattern: str) -> list[str]:
    folder = ROOT / "templates"
    return [str(path.relative_to(folder)) for path in folder.glob(f"clinic/records/{pattern}")]


# Templates that a script adds to a page, or that a variable names. Their styles must be loaded.
COME_LATER = {
    BASE: [
        "clinic/people/partials/patient_found.html",
        "partials/form.html",
        "widgets/day.html",
        "django/forms/widgets/multiple_input.html",
        "django/forms/widgets/input_option.html",
        "allauth/elements/button.html",
        "allauth/elements/fields.html",
        "allauth/elements/form.html",
        "allauth/elements/h1.html",
    ],
    "clinic/office/doctor_day.html": ["diagnosis/reviews/partials/day_alerts.html"],
    "clinic/records/visit_part.html": [
        *records("partials/visit_*.html"),
        "diagnosis/reviews/partials/own_part.html",
    ],
    "diagnosis/reviews/visit.html": [
        "clinic/records/partials/visit_patient.html",
        "clinic/records/partials/visit_saved.html",
        "clinic/records/partials/visit_template_menu.html",
        "diagnosis/atlas/partials/atlas_compare.html",
        "diagnosis/reviews/partials/answer_update.html",
        "diagnosis/reviews/partials/disease_names.html",
        "diagnosis/reviews/partials/own_update.html",
        "diagnosis/reviews/partials/panels.html",
        "diagnosis/reviews/partials/size_state.html",
        "diagnosis/reviews/partials/thumbnails_update.html",
    ],
}
INCLUDING_TAGS = {"{% allergy_bar ": "clinic/records/partials/allergy_bar.html"}


@cache
def source(template: str) -> str:
    return get_template(template).template.source


def templates() -> list[str]:
    folder = ROOT / "templates"
    names = (str(path.relative_to(folder)) for path in sorted(folder.rglob("*.html")))
    return [name for name in names if not name.startswith(APART)]


def named(template: str) -> set[str]:
    """Return the templates that a template extends or includes."""
    text = source(template)
    found = set(re.findall(r'{%\s*(?:extends|include)\b[^%]*?"([\w/]+\.html)"', text))
    return found | {name for tag, name in INCLUDING_TAGS.items() if tag in text}


def parts(*begun: str) -> set[str]:
    """Return the templates that a page is rendered from, including itself."""
    waiting, found = list(begun), set()
    while waiting:
        template = waiting.pop()
        if template not in found:
            found.add(template)
            waiting += [*named(template), *COME_LATER.get(template, [])]
    return found


def lineage(template: str) -> Iterator[str]:
    """Yield a template, the one it extends, and so on."""
    yield template
    if above := re.search(r'{%\s*extends\b[^%]*?"([\w/]+\.html)"', source(template)):
        yield from lineage(above[1])


PAGES = [template for template in templates() if BASE in lineage(template)]
DIALOGS = [page for page in PAGES if OPENS_IN_DIALOG in source(page)]
COME_LATER["clinic/scheduling/calendar.html"] = ["dialog.html", *DIALOGS]


@cache
def names_in(template: str) -> frozenset[str]:
    """Return the classes in a template, and the ids with their number sign."""
    text = TAG.sub(" ", source(template))
    classes = " ".join(re.findall(r'class="([^"]*)"', text)).split()
    return frozenset([*classes, *(f"#{each}" for each in re.findall(r'\bid="([^"]*)"', text))])


@cache
def names_on(page: str) -> frozenset[str]:
    return frozenset().union(*map(names_in, parts(page)))


def text_of(sheet: str) -> str:
    return COMMENT.sub("", (ROOT / "static/css" / sheet).read_text())


@cache
def asked_names(sheet: str) -> frozenset[frozenset[str]]:
    """Return for each selector the classes and ids that it needs on a page."""
    lists = re.findall(r"([^{};@]+){", text_of(sheet))
    # Selectors in brackets are alternatives or exclusions, so a page may lack them.
    selectors = ",".join(re.sub(r"\([^()]*(?:\([^()]*\)[^()]*)*\)", "", each) for each in lists)
    found = (re.findall(r"(?<=\.)[a-zA-Z][\w-]*|#[\w-]+", each) for each in selectors.split(","))
    return frozenset(frozenset(names) for names in found if names)


def sheets_in(text: str) -> list[str]:
    return re.findall(r'"css/(\w+\.css)"', text)


def own_sheets(page: str) -> list[str]:
    """Return the sheets that a page adds to those of every page."""
    blocks = (STYLES.search(source(template)) for template in lineage(page))
    return next((sheets_in(block[1]) for block in blocks if block), [])


SHEETS = sorted({path.name for path in (ROOT / "static/css").glob("*.css")} - {"screen.css"})
SHARED = sheets_in(source(BASE))


def test_every_template_is_part_of_a_page():
    """If this fails, add the template to COME_LATER."""
    assert sorted(set(templates()) - parts(*PAGES)) == []


def test_a_page_loads_every_sheet_that_it_needs():
    missed = [
        f"{page} uses {' '.join(sorted(asked))} without {sheet}"
        for page in PAGES
        for sheet in set(SHEETS) - {*SHARED, *own_sheets(page)}
        for asked in asked_names(sheet)
        if asked <= names_on(page)
    ]
    assert missed == []


def test_a_page_loads_no_sheet_that_it_does_not_need():
    unused = [
        f"{page} does not need {sheet}"
        for page in PAGES
        for sheet in own_sheets(page)
        if not any(asked <= names_on(page) for asked in asked_names(sheet))
    ]
    assert unused == []


def test_no_page_loads_half_of_the_optional_sheets():
    optional = len(SHEETS) - len(SHARED)
    assert [page for page in PAGES if len(own_sheets(page)) >= optional / 2] == []


def test_two_sheets_come_in_the_same_order_on_every_page():
    """Of two equally specific rules the later one wins, so the order changes how a page looks."""
    pairs = {pair for page in PAGES for pair in combinations(own_sheets(page), 2)}
    assert [pair for pair in pairs if pair[::-1] in pairs] == []


def test_a_page_names_its_sheets_only_in_its_block():
    for template in templates():
        outside = sheets_in(STYLES.sub("", source(template)))
        assert template == BASE or not outside, template


def test_the_rules_for_printing_come_last():
    after = source(BASE).partition("{% endblock styles %}")[2]
    assert sheets_in(after) == ["print.css"]
    assert [sheet for sheet in SHEETS if "@media print" in text_of(sheet)] == []
