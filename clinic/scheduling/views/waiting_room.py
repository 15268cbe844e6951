"""The waiting room: who is expected, waiting, in the room and done, doctor by doctor."""

from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from clinic.core.http import SignedInRequest
from clinic.people.models.doctor import Doctor
from clinic.people.services.patients import record_patient_view, record_polled_list
from clinic.scheduling.forms.appointments import MoveForm
from clinic.scheduling.models.appointment import Appointment, waiting_order
from clinic.scheduling.pages.moves import Move, moves_for
from clinic.scheduling.pages.waiting_screen import take_new_address
from clinic.scheduling.permissions import (
    can_open_visit,
    can_run_desk,
    can_see_waiting_room,
    can_transition,
    visible_appointments,
)
from clinic.scheduling.services.appointments import IllegalTransitionError, move_appointment
from clinic.scheduling.services.slots import day_bounds
from clinic.scheduling.services.waiting_screen import current_screen

Status = Appointment.Status
EXPECTED = (Status.BOOKED, Status.CONFIRMED)
DONE = (Status.COMPLETED, Status.NO_SHOW)
SHOWN = (*EXPECTED, Status.ARRIVED, Status.IN_CONSULTATION, *DONE)
# The other changes need a reason or have no place in the waiting room.
BOARD_MOVES = frozenset({Status.ARRIVED, Status.BOOKED, Status.NO_SHOW})


@dataclass(frozen=True)
class Card:
    """One patient on the board, and what the person may do about it."""

    appointment: Appointment
    moves: tuple[Move, ...]
    can_call_in: bool


@dataclass(frozen=True)
class DoctorRow:
    """One doctor's patients by stage."""

    doctor: Doctor
    cards: list[Card]

    @property
    def expected(self) -> list[Card]:
        """Patients who have not come yet."""
        return self._in(*EXPECTED)

    @property
    def waiting(self) -> list[Card]:
        """Patients who wait, in the order in which they are called."""
        return [card for card in self.cards if card.appointment.status == Status.ARRIVED]

    @property
    def inside(self) -> list[Card]:
        """Patients whose visit is open."""
        return self._in(Status.IN_CONSULTATION)

    @property
    def done(self) -> list[Card]:
        """Patients whose visit is signed, and those who did not come."""
        return self._in(*DONE)

    def _in(self, *statuses: str) -> list[Card]:
        cards = [card for card in self.cards if card.appointment.status in statuses]
        return sorted(cards, key=lambda card: card.appointment.starts_at)


@require_GET
def waiting_room(request: SignedInRequest) -> HttpResponse:
    """Show today's board; htmx only gets its cards."""
    if not can_see_waiting_room(request.user):
        raise PermissionDenied
    return _board(request)


@require_POST
def waiting_room_move(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Mark somebody as arrived or missing, or undo that."""
    appointment = get_object_or_404(
        visible_appointments(request.user).select_related("patient", "doctor", "visit_type"), pk=pk
    )
    form = MoveForm(request.POST)
    status = form.data.get("status", "")
    if not can_run_desk(request.user) or not can_transition(request.user, appointment, status):
        raise PermissionDenied
    if not form.is_valid():
        sentences = [str(each) for errors in form.errors.values() for each in errors]
        return _board(request, refusal=" ".join(sentences), status=422)
    try:
        move_appointment(appointment=appointment, actor=request.user, **form.cleaned_data)
    except IllegalTransitionError as error:
        return _board(request, refusal=" ".join(error.messages), status=409)
    except ValidationError as error:
        return _board(request, refusal=" ".join(error.messages), status=422)
    if request.htmx:
        return _board(request, moved=appointment)
    return redirect(reverse("clinic:waiting_room", fragment=f"appointment-{appointment.pk}"))


@require_GET
def arrival_slip(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show an arrival's token on a slip of paper, without the name."""
    arrivals = visible_appointments(request.user).filter(
        arrival_token__day=timezone.localdate(), status=Status.ARRIVED
    )
    appointment = get_object_or_404(arrivals.select_related("arrival_token", "doctor__user"), pk=pk)
    if not can_run_desk(request.user):
        raise PermissionDenied
    record_patient_view(patient=appointment.patient, actor=request.user, target=appointment)
    return render(request, "clinic/scheduling/arrival_slip.html", {"appointment": appointment})


def _shown_today(request: SignedInRequest) -> QuerySet[Appointment]:
    """Return today's patients: of every doctor for the desk, of their own queue for doctors."""
    start, end = day_bounds(timezone.localdate())
    appointments = visible_appointments(request.user)
    if not can_run_desk(request.user):
        appointments = appointments.filter(doctor__user=request.user)
    return (
        appointments.filter(status__in=SHOWN, starts_at__gte=start, starts_at__lt=end)
        .select_related("patient", "visit_type", "doctor__user", "arrival_token")
        # Nothing else about the visit: the desk reads nothing medical.
        .annotate(visit_pk=F("consultation__pk"), called_at=F("consultation__started_at"))
        .order_by(*waiting_order())
    )


def _rows(request: SignedInRequest) -> list[DoctorRow]:
    rows: dict[Doctor, DoctorRow] = {}
    for appointment in _shown_today(request):
        card = Card(
            appointment,
            moves=tuple(
                move for move in moves_for(request.user, appointment) if move.status in BOARD_MOVES
            ),
            can_call_in=appointment.status == Status.ARRIVED
            and can_open_visit(request.user, appointment),
        )
        doctor = appointment.doctor
        rows.setdefault(doctor, DoctorRow(doctor, [])).cards.append(card)
    return sorted(rows.values(), key=lambda row: row.doctor.user.full_name)


def _board(
    request: SignedInRequest,
    *,
    moved: Appointment | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    rows = _rows(request)
    context = {
        "rows": rows,
        "waiting_count": sum(len(row.waiting) for row in rows),
        "now": timezone.now(),
        "moved": moved,
        "refusal": refusal,
        "can_run_desk": can_run_desk(request.user),
    }
    count = sum(len(row.cards) for row in rows)
    record_polled_list(actor=request.user, of="waiting_room", count=count)
    if request.htmx:
        return render(
            request, "clinic/scheduling/partials/waiting_board.html", context, status=status
        )
    if can_run_desk(request.user):
        context |= {"screen": current_screen(), "screen_address": take_new_address(request)}
    return render(request, "clinic/scheduling/waiting_room.html", context, status=status)
