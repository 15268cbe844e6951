"""The screen in the waiting room, which shows only tokens and doctors."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from clinic.people.models.doctor import Doctor
from clinic.people.models.user import User
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.waiting_room import ArrivalToken, WaitingScreen
from clinic.scheduling.services.secret_addresses import (
    fingerprint_of,
    renew_address,
    revoke_address,
)

Status = Appointment.Status
THE_ONLY_ROW = 1
# How precisely the desk sees whether a screen is still running.
READ_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class ScreenLine:
    """One doctor's line: who is inside, who is next, how many wait after that."""

    doctor: Doctor
    called: ArrivalToken | None
    upcoming: ArrivalToken | None
    more: int


@dataclass(frozen=True)
class ScreenState:
    """All that the screen shows: the latest call, and a line for each doctor."""

    latest: ScreenLine | None
    lines: tuple[ScreenLine, ...]


def current_screen() -> WaitingScreen | None:
    """Return the screen's address, if there is one."""
    return WaitingScreen.objects.first()


def find_screen(secret: str) -> WaitingScreen | None:
    """Return the screen with this secret, unless it was revoked."""
    return WaitingScreen.objects.filter(token_sha256=fingerprint_of(secret)).first()


def read_screen(screen: WaitingScreen) -> ScreenState:
    """Return who is called and who is next, from today's tokens and without reading a patient."""
    now = timezone.now()
    # Screens read every few seconds; one write a minute is enough for the desk.
    WaitingScreen.objects.filter(
        Q(last_read_at=None) | Q(last_read_at__lt=now - READ_EVERY), pk=screen.pk
    ).update(last_read_at=now)
    tokens = ArrivalToken.objects.filter(day=timezone.localdate(now))
    with_doctor = tokens.select_related("appointment__doctor__user")
    called = list(
        with_doctor.filter(appointment__status=Status.IN_CONSULTATION)
        .annotate(called_at=F("appointment__consultation__started_at"))
        .order_by("-called_at", "-number")
    )
    waiting = with_doctor.filter(appointment__status=Status.ARRIVED).in_waiting_order()
    lines = _lines(called, waiting)
    latest = next((line for line in lines if called and line.called == called[0]), None)
    return ScreenState(latest=latest, lines=lines)


def renew_screen(*, actor: User) -> str:
    """Create a new secret address for the screen, which is shown only once."""
    return renew_address(WaitingScreen.objects.all(), actor=actor, pk=THE_ONLY_ROW)


def revoke_screen(*, actor: User) -> None:
    """Revoke the screen's secret address."""
    revoke_address(WaitingScreen.objects.all(), actor=actor)


def _lines(
    called: Iterable[ArrivalToken], waiting: Iterable[ArrivalToken]
) -> tuple[ScreenLine, ...]:
    doctors: dict[Doctor, list[ArrivalToken]] = {}
    inside: dict[Doctor, ArrivalToken] = {}
    for token in called:
        # The newest call counts: a visit that is still being written up calls nobody.
        inside.setdefault(token.appointment.doctor, token)
    for token in waiting:
        doctors.setdefault(token.appointment.doctor, []).append(token)
    names = sorted(inside.keys() | doctors.keys(), key=lambda doctor: doctor.user.full_name)
    return tuple(
        ScreenLine(
            doctor=doctor,
            called=inside.get(doctor),
            upcoming=next(iter(doctors.get(doctor, [])), None),
            more=max(len(doctors.get(doctor, [])) - 1, 0),
        )
        for doctor in names
    )
