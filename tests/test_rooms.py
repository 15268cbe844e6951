"""Couplings through strings, which import contracts cannot see, follow the same direction.

A room, including its templates, may name addresses, models, templates and tags of itself and of
the rooms below it. The remaining exceptions are listed here; the lists only get shorter.
"""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TEMPLATES = ROOT / "templates"
# From the bottom up; letters and atlas are on the same level.
ROOMS = (
    ("clinic.core",),
    ("clinic.trail",),
    ("clinic.people",),
    ("clinic.scheduling",),
    ("clinic.records",),
    ("clinic.office",),
    ("diagnosis.lesions",),
    ("diagnosis.predictions",),
    ("diagnosis.reviews",),
    ("diagnosis.letters", "diagnosis.atlas"),
)
HEIGHT = {room: height for height, rooms in enumerate(ROOMS) for room in rooms}
ADDRESS = re.compile(r"(?:clinic|diagnosis):\w+")
MODEL = re.compile(r"((?:clinic|diagnosis)\.[A-Z]\w+)(?:\.\w+)?")

ADDRESSES_ABOVE = {
    # A model's own page, which joins more than its room knows.
    "clinic/people/models/patient.py clinic:patient_detail",
    "clinic/records/models/consultation.py diagnosis:visit",
    # Targets of notifications and emails: rows of notifications keep these names.
    "clinic/people/services/contact_news.py clinic:patient_detail",
    "clinic/people/services/digests.py clinic:notification_list",
    "clinic/people/services/nightly_check.py clinic:audit_list",
    "clinic/people/services/succession.py clinic:doctor_day",
    "clinic/records/services/visit_news.py diagnosis:my_visit",
    "diagnosis/predictions/services/answer_news.py diagnosis:visit",
    "clinic/office/views/notifications.py diagnosis:my_visit",
    "clinic/office/views/notifications.py diagnosis:visit",
    # Redirects after an action, which the frontend has still to decide.
    "clinic/office/views/record_access.py diagnosis:my_record",
    "clinic/records/views/documents.py clinic:my_record_code",
    "clinic/records/views/visits.py clinic:doctor_day",
    "clinic/scheduling/views/appointments.py clinic:doctor_day",
    "clinic/scheduling/views/booking.py clinic:my_appointments",
    "clinic/scheduling/views/feeds.py clinic:profile",
}
MODELS_ABOVE = {
    # A foreign key may be named before the model exists.
    "clinic/trail/models/audit.py clinic.Patient",
    # Prints of signed papers are still added to an ended record.
    "clinic/people/ended_record_guard.py clinic.IssuedDocument",
}
TEMPLATES_ABOVE = {
    "clinic/office/doctor_day.html diagnosis:day_alerts",
    "clinic/office/partials/my_appointment.html diagnosis:my_visit",
    "clinic/people/account_deactivate.html clinic:absence_add",
    "clinic/people/my_consents.html clinic:my_erasure",
    "clinic/people/partials/audit_crumbs.html clinic:audit_list",
    "clinic/records/my_documents.html diagnosis:my_record",
    "clinic/records/partials/record_opening.html clinic:record_code_hand_out",
    "clinic/records/partials/record_opening.html clinic:record_open",
    "clinic/records/partials/visit_consents.html clinic:consent_record",
    "clinic/records/partials/visit_consents.html clinic:consent_withdraw",
    "clinic/records/partials/visit_timeline.html diagnosis:timeline",
    "clinic/records/partials/visit_timeline.html diagnosis:visit_report",
    "clinic/records/visit_part.html clinic:doctor_day",
    "clinic/scheduling/partials/my_book_times.html clinic:my_appointments",
    "clinic/scheduling/partials/my_book_wish.html clinic:my_appointments",
    "clinic/scheduling/partials/waiting_card.html clinic:visit_open",
    "clinic/scheduling/partials/waiting_card.html diagnosis:visit",
    "diagnosis/reviews/my_record.html diagnosis:visit_report",
    "diagnosis/reviews/my_visit.html diagnosis:visit_report",
    "diagnosis/reviews/partials/atlas_offer.html diagnosis:atlas_compare",
    "diagnosis/reviews/visit.html diagnosis:visit_letters",
    "diagnosis/reviews/visit.html diagnosis:visit_report",
}


def rooms_of_addresses() -> dict[str, str]:
    found = {}
    for room in HEIGHT:
        if (ROOT / room.replace(".", "/") / "urls.py").exists():
            for pattern in import_module(f"{room}.urls").urlpatterns:
                found[f"{room.partition('.')[0]}:{pattern.name}"] = room
    return found


def rooms_of_models() -> dict[str, str]:
    models = [
        model for app in ("clinic", "diagnosis") for model in apps.get_app_config(app).get_models()
    ]
    return {model._meta.label: ".".join(model.__module__.split(".")[:2]) for model in models}


def texts_in(path: Path) -> Iterator[str]:
    """Yield every string of a module, with both words of `get_model` as one."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "get_model":
            words = [each.value for each in node.args if isinstance(each, ast.Constant)]
            yield ".".join(map(str, words))


def named_above(pattern: re.Pattern[str], rooms: dict[str, str]) -> set[str]:
    found = set()
    for room, height in HEIGHT.items():
        for path in (ROOT / room.replace(".", "/")).rglob("*.py"):
            for text in texts_in(path):
                name = match[match.lastindex or 0] if (match := pattern.fullmatch(text)) else ""
                above = rooms.get(name)
                if above and above != room and HEIGHT[above] >= height:
                    found.add(f"{path.relative_to(ROOT).as_posix()} {name}")
    return found


def test_every_model_and_address_lives_in_a_room():
    assert set(rooms_of_models().values()) <= set(HEIGHT)
    collected = {
        f"{app}:{pattern.name}"
        for app in ("clinic", "diagnosis")
        for pattern in import_module(f"{app}.urls").urlpatterns
    }
    assert collected == set(rooms_of_addresses())


@pytest.mark.parametrize(
    ("pattern", "rooms", "known"),
    [
        pytest.param(ADDRESS, rooms_of_addresses, ADDRESSES_ABOVE, id="addresses"),
        pytest.param(MODEL, rooms_of_models, MODELS_ABOVE, id="models"),
    ],
)
def test_a_room_names_only_what_is_below_it(pattern, rooms, known):
    assert named_above(pattern, rooms()) == known


def test_every_file_that_the_architecture_names_is_there():
    named = re.findall(r"`((?:\w+/)+\w+(?:\.py|/))`", (ROOT / "docs/architecture.md").read_text())
    assert len(named) > 30
    assert not [name for name in named if not (ROOT / name).exists()]


def test_a_view_imports_no_other_view():
    views = [path for room in HEIGHT for path in (ROOT / room.replace(".", "/")).glob("views/*.py")]
    assert views
    for path in views:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                of_a_room = re.fullmatch(
                    r"(?:clinic|diagnosis)\.\w+\.views(?:\.\w+)?", node.module or ""
                )
                assert not of_a_room, f"{path}: {node.module}"


def rooms_of_templates() -> dict[str, str]:
    return {
        path.relative_to(TEMPLATES).as_posix(): ".".join(path.relative_to(TEMPLATES).parts[:2])
        for app in ("clinic", "diagnosis")
        for path in (TEMPLATES / app).rglob("*.*")
    }


def rooms_of_tags() -> dict[str, str]:
    """Return each tag library with the highest room that it imports."""
    found = {}
    for path in ROOT.glob("*/templatetags/*.py"):
        rooms = {
            room
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom)
            if (room := ".".join((node.module or "").split(".")[:2])) in HEIGHT
        }
        if rooms:
            found[path.stem] = max(rooms, key=HEIGHT.__getitem__)
    return found


def test_every_template_lives_in_a_room():
    assert set(rooms_of_templates().values()) == set(HEIGHT) - {"clinic.trail", "diagnosis.lesions"}


def test_a_template_names_only_what_is_below_its_room():
    rooms = rooms_of_addresses() | rooms_of_templates() | rooms_of_tags()
    words = re.compile(r"""["']((?:clinic|diagnosis)[:/][\w./]+)["']|{% load ([^%]+) %}""")
    found = set()
    for name, room in rooms_of_templates().items():
        for quoted, loaded in words.findall((TEMPLATES / name).read_text()):
            for named in [quoted, *loaded.split()]:
                above = rooms.get(named)
                if above and above != room and HEIGHT[above] >= HEIGHT[room]:
                    found.add(f"{name} {named}")
    assert found == TEMPLATES_ABOVE
