"""Every page warns before leaving while typed text has not been sent."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TEMPLATES = Path(settings.BASE_DIR, "templates")
FORM = re.compile(r"<form\b((?:[^>{]|{%.*?%}|{{.*?}})*)>(.*?)</form>", re.DOTALL)
TYPED = re.compile(
    r"{{ \w*form(?:\.\w+)? }}|partials/field\.html|<textarea|name=\"reason\"|type=\"file\""
)
# Sign-in and the second factor, where only secrets are typed, and inputs that are not text.
ELSEWHERE = {"account", "allauth", "mfa", "usersessions"}
NOT_TYPED = (
    "{{ action }}",  # a new password
    "clinic:calendar_feed_initials",
    "clinic:my_preferences",
    "clinic:my_record_code",
    "clinic:notification_read_all",
    "clinic:retention",
    "clinic:waiting_room_move",
    "diagnosis:visit_report_chosen",
    "diagnosis:image_upload",
)


def forms():
    for path in sorted(TEMPLATES.rglob("*.html")):
        name = path.relative_to(TEMPLATES)
        if name.parts[0] in ELSEWHERE:
            continue
        for number, (head, body) in enumerate(FORM.findall(path.read_text())):
            is_sent = 'method="post"' in head and not any(url in head for url in NOT_TYPED)
            if is_sent and TYPED.search(body):
                yield pytest.param(head, id=f"{name}-{number}")


@pytest.mark.parametrize("head", list(forms()))
def test_a_form_that_is_typed_in_is_watched(head):
    assert "data-guard" in head or "data-autosave" in head
