"""What the tests of the portal share: what the clinic has decided, and what a page sends."""

from clinic.models import ClinicSettings


def decide(**fields):
    """Stores what the clinic decides; the rest stays as it is by default."""
    row = ClinicSettings.objects.filter(pk=1).first() or ClinicSettings(pk=1, name="Clinic")
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return row


def slot(doctor, starts_at):
    """The value of a free time's button."""
    return f"{doctor.doctor.pk}/{starts_at.isoformat()}"
