"""Every form takes only days that somebody can mean."""

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.urls import get_resolver

from clinic.core.date_fields import DayField, MomentField

# Figures are read in the order of the clinic, a setting.
pytestmark = pytest.mark.django_db

EXTREME = ("0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31", "12026-11-30")


def forms_of_the_site():
    """Return every form that some page may show."""
    # The views import them.
    assert get_resolver().url_patterns
    waiting = [forms.BaseForm]
    while waiting:
        waiting += (form := waiting.pop()).__subclasses__()
        if form.__module__.startswith(("clinic.", "diagnosis.")):
            yield form


def is_refused(field, typed):
    try:
        field.clean(typed)
    except ValidationError:
        return True
    return False


def test_no_form_has_a_day_without_bounds():
    fields = [
        (form.__name__, name, field)
        for form in forms_of_the_site()
        for name, field in getattr(form, "base_fields", {}).items()
        # Dates of birth have bounds of their own.
        if isinstance(field, forms.DateField | forms.DateTimeField) and name != "birth_date"
    ]
    assert len(fields) > 8
    for form, name, field in fields:
        for day in EXTREME:
            assert is_refused(field, day), f"{form}.{name} takes {day}"


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_moment_that_has_no_other_time_zone_is_refused(moment):
    with pytest.raises(ValidationError):
        MomentField().clean(moment)


def test_ordinary_days_are_taken():
    assert str(DayField().clean("1900-01-01")) == "1900-01-01"
    assert str(DayField().clean("2199-12-31")) == "2199-12-31"
