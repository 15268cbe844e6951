"""Status changes as buttons: which ones a person may use, and their labels."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.people.models.user import User
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.permissions import can_run_desk, can_transition
from clinic.scheduling.services.appointments import (
    EXPECTS_DOCTOR,
    NEEDS_REASON,
    NOT_YET_AGREED,
    is_asked_for,
    is_call_in_undone,
)
from clinic.scheduling.services.move_times import words_against

Status = Appointment.Status


@dataclass(frozen=True)
class Move:
    """One button: the status it leads to, its label and its icon."""

    status: str
    label: str | Promise
    icon: str
    is_main: bool = False

    @property
    def needs_reason(self) -> bool:
        """Return whether the person is asked for a reason."""
        return self.status in NEEDS_REASON


MOVES = (
    Move(Status.ARRIVED, _("Arrived"), "door-open", is_main=True),
    Move(Status.CONFIRMED, _("Confirmed"), "calendar-check"),
    Move(Status.BOOKED, _("Book"), "calendar"),
    Move(Status.WAITLIST, _("On the waiting list"), "hourglass"),
    Move(Status.NO_SHOW, _("Did not come"), "person-x"),
    Move(Status.CANCELLED, _("Cancel the appointment"), "x-circle"),
    Move(Status.ENTERED_IN_ERROR, _("Entered in error"), "slash-circle"),
)
UNDO = Move(Status.BOOKED, _("Undo"), "arrow-counterclockwise")
UNDONE = frozenset({Status.ARRIVED, Status.NO_SHOW})


def moves_for(user: User, appointment: Appointment) -> list[Move]:
    """Return the changes that the table allows from here and the person's role may make."""
    if not can_run_desk(user):
        return []
    has_no_time_yet = appointment.status in NOT_YET_AGREED and is_asked_for(appointment)
    return [
        UNDO if move.status == Status.BOOKED and appointment.status in UNDONE else move
        for move in MOVES
        if appointment.can_become(move.status)
        and can_transition(user, appointment, move.status)
        and not words_against(appointment, move.status)
        # Only the doctor takes back a call-in, on the visit page.
        and not is_call_in_undone(appointment.status, move.status)
        # Nobody could call in a patient who waits for a deactivated doctor.
        and not (move.status in EXPECTS_DOCTOR and not appointment.doctor.user.is_active)
        # The desk chooses the time for a request on the page of requests.
        and not (has_no_time_yet and move.status == Status.BOOKED)
    ]
