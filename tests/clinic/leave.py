"""Helpers for tests of leave: its form, and the page that decides its visits."""

from datetime import UTC


def leave(doctor, day, **fields):
    """Return the form data for one day of leave."""
    who = doctor.doctor.pk if doctor else "clinic"
    return {"who": who, "first_day": day.isoformat(), "reason": "Congress", **fields}


def decided(response, **choices):
    """Return the data that the page of visits sends, with some choices changed."""
    answers = response.context["answers"]
    fields = {field.html_name: field.value() for _visit, field in answers.rows}
    form = response.context["form"]
    typed = {field.html_name: field.value() or "" for field in form}
    return {**typed, **fields, "cancel_reason": "", "decide": "1", **choices}


def name(appointment):
    return f"visit-{appointment.pk}"


def key(doctor, starts_at):
    return f"{doctor.doctor.pk}/{starts_at.astimezone(UTC).isoformat()}"
