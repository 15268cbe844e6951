"""Helpers for tests of the portal: the clinic's settings, and what a page sends."""

from clinic.models import ClinicSettings


def decide(**fields):
    """Change some of the clinic's settings; the others keep their defaults."""
    row = ClinicSettings.objects.filter(pk=1).first() or ClinicSettings(pk=1, name="Clinic")
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return row


def slot(doctor, starts_at):
    """Return the value of the button for a free time."""
    return f"{doctor.doctor.pk}/{starts_at.isoformat()}"
