"""What the tests of leave share: its form, and the page on which its visits are decided."""

from datetime import UTC


def leave(doctor, day, **fields):
    """What the form of a leave of one day says."""
    who = doctor.doctor.pk if doctor else "clinic"
    return {"who": who, "first_day": day.isoformat(), "reason": "Congress", **fields}


def decided(response, **choices):
    """What the page of visits sends, with some of its fields chosen otherwise."""
    answers = response.context["answers"]
    fields = {field.html_name: field.value() for _visit, field in answers.rows}
    form = response.context["form"]
    typed = {field.html_name: field.value() or "" for field in form}
    return {**typed, **fields, "cancel_reason": "", "decide": "1", **choices}


def name(appointment):
    return f"visit-{appointment.pk}"


def key(doctor, starts_at):
    return f"{doctor.doctor.pk}/{starts_at.astimezone(UTC).isoformat()}"
