"""A page of the suite cannot read a missing variable, wherever the template uses it."""

import pytest
from django.template import Context, Origin, engines
from django.template.base import Template

from tests.strict_templates import OURS, MissingInTemplateError, missing


def draw(text, **given):
    engine = engines["django"].engine
    page = Template(text, origin=Origin(f"{OURS}clinic/made_up.html"), engine=engine)
    return page.render(Context(given))


@pytest.fixture(autouse=True)
def _noted_on_purpose():
    yield
    missing.clear()


@pytest.mark.parametrize(
    "text",
    [
        "{{ allergies }}",
        "{{ allergies|default:'none' }}",
        "{% if allergies %}yes{% else %}no{% endif %}",
        "{% if patient.allergies %}yes{% else %}no{% endif %}",
        "{% for allergy in allergies %}{% empty %}none{% endfor %}",
        "{% with known=allergies %}{{ known }}{% endwith %}",
        "{% firstof allergies 'none' %}",
    ],
)
def test_a_name_that_nobody_gave_is_an_error(text):
    with pytest.raises(MissingInTemplateError, match="allergies"):
        draw(text, patient=object())


def test_a_name_that_a_condition_swallows_is_noted():
    draw("{% if patient and allergies %}yes{% else %}no{% endif %}", patient=object())

    assert missing == ["clinic/made_up.html: allergies"]


def test_a_translated_text_needs_its_names():
    with pytest.raises(LookupError):
        draw(
            "{% load i18n %}{% blocktranslate %}Allergic to {{ allergies }}{% endblocktranslate %}"
        )


def test_what_is_known_to_be_none_may_be_asked_for_more():
    page = draw("{% if review.disease %}yes{% else %}no{% endif %}", review=None)

    assert page == "no"
