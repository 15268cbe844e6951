"""The icon of an appointment's status, shown next to its name."""

from django import template

from clinic.scheduling.models.appointment import Appointment

register = template.Library()
Status = Appointment.Status

ICONS = {
    Status.REQUESTED: "envelope",
    Status.WAITLIST: "hourglass",
    Status.BOOKED: "calendar",
    Status.CONFIRMED: "calendar-check",
    Status.ARRIVED: "door-open",
    Status.IN_CONSULTATION: "clipboard2-pulse",
    Status.COMPLETED: "check2-circle",
    Status.CANCELLED: "x-circle",
    Status.NO_SHOW: "person-x",
    Status.RESCHEDULED: "arrow-left-right",
    Status.ENTERED_IN_ERROR: "slash-circle",
}


@register.filter
def status_icon(status: Status) -> str:
    """Return the name of the icon."""
    return ICONS[status]
