import uuid
from datetime import date, datetime, time, timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.line_fields import OneLineField
from clinic.people.models.doctor import Doctor

# After this many minutes somebody has waited long, or too long.
LONG_WAIT_MINUTES = 20
TOO_LONG_WAIT_MINUTES = 40


def waiting_order(prefix: str = "") -> tuple[str, ...]:
    """Order waiting patients: urgent first, then by agreed time or arrival."""
    # A walk-in's start is its arrival, so both kinds form one queue.
    fields = ("starts_at", "arrived_at", "pk")
    return (f"-{prefix}is_urgent", *(f"{prefix}{field}" for field in fields))


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    """Appointments by day and by state."""

    def on_day(self, day: date) -> Self:
        """Return appointments that start on a day of the clinic's calendar."""
        start = timezone.make_aware(datetime.combine(day, time.min))
        end = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
        return self.filter(starts_at__gte=start, starts_at__lt=end)

    def between(self, start: datetime, end: datetime) -> Self:
        """Return booked appointments, not mere requests, that overlap a period."""
        # The first condition is redundant, but it lets the database use the index on the start.
        return self.filter(
            starts_at__gt=start - Appointment.LONGEST, starts_at__lt=end, ends_at__gt=start
        )

    def upcoming(self) -> Self:
        """Return appointments that are still to come."""
        return self.filter(ends_at__gte=timezone.now(), status__in=Appointment.OPEN_STATUSES)

    def expected(self) -> Self:
        """Return agreed appointments that are not over, also if they should have begun."""
        return self.filter(ends_at__gt=timezone.now(), status__in=Appointment.EXPECTED_STATUSES)

    def holding_a_slot(self) -> Self:
        """Return appointments that block their time for others."""
        return self.filter(status__in=Appointment.SLOT_STATUSES, is_walk_in=False)

    def not_cancelled(self) -> Self:
        """Return appointments that make the doctor part of the patient's care."""
        return self.filter(status__in=Appointment.CARE_STATUSES)

    def telling_wishes(self) -> Self:
        """Annotate appointments with `is_only_wish`: whether their time was never agreed."""
        was_booked = AppointmentTransition.objects.filter(
            appointment=models.OuterRef("pk"), to_status=Appointment.Status.BOOKED
        )
        # A declined or withdrawn request still has the wished time, which may be midnight.
        was_given_up = models.Q(
            models.Q(status=Appointment.Status.CANCELLED, request__isnull=False),
            ~models.Exists(was_booked),
        )
        is_open = models.Q(status__in=(Appointment.Status.REQUESTED, Appointment.Status.WAITLIST))
        return self.annotate(
            is_only_wish=models.Case(
                models.When(is_open | was_given_up, then=True),
                default=False,
                output_field=models.BooleanField(),
            )
        )


class Appointment(models.Model):
    """A time that a doctor keeps for a patient."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        WAITLIST = "waitlist", _("On the waiting list")
        BOOKED = "booked", _("Booked")
        CONFIRMED = "confirmed", _("Confirmed")
        ARRIVED = "arrived", _("Arrived")
        IN_CONSULTATION = "in_consultation", _("In consultation")
        COMPLETED = "completed", _("Completed")
        CANCELLED = "cancelled", _("Cancelled")
        NO_SHOW = "no_show", _("No-show")
        RESCHEDULED = "rescheduled", _("Rescheduled")
        ENTERED_IN_ERROR = "entered_in_error", _("Entered in error")

    # A visit type lasts four hours at most; only a wish spans days.
    LONGEST = timedelta(days=1)

    # The statuses that each status may change to; every other change is refused.
    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        Status.REQUESTED: frozenset({Status.BOOKED, Status.WAITLIST, Status.CANCELLED}),
        Status.WAITLIST: frozenset({Status.BOOKED, Status.CANCELLED}),
        Status.BOOKED: frozenset(
            {
                Status.CONFIRMED,
                Status.ARRIVED,
                Status.CANCELLED,
                Status.NO_SHOW,
                Status.RESCHEDULED,
                Status.ENTERED_IN_ERROR,
            }
        ),
        Status.CONFIRMED: frozenset(
            {
                Status.ARRIVED,
                Status.CANCELLED,
                Status.NO_SHOW,
                Status.RESCHEDULED,
                Status.ENTERED_IN_ERROR,
            }
        ),
        Status.ARRIVED: frozenset({Status.IN_CONSULTATION, Status.BOOKED, Status.CANCELLED}),
        # Back only while the visit is empty, because the wrong patient was called in.
        Status.IN_CONSULTATION: frozenset({Status.COMPLETED, Status.ARRIVED}),
        # Only a signature completes a visit; signed visits are corrected with addenda.
        Status.COMPLETED: frozenset(),
        Status.CANCELLED: frozenset(),
        Status.NO_SHOW: frozenset({Status.ARRIVED, Status.BOOKED}),
        Status.RESCHEDULED: frozenset(),
        Status.ENTERED_IN_ERROR: frozenset(),
    }
    # A walk-in has no booked time to return to: it waits, is called in, or never happened.
    WALK_IN_TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = TRANSITIONS | {
        Status.ARRIVED: frozenset(
            {Status.IN_CONSULTATION, Status.CANCELLED, Status.ENTERED_IN_ERROR}
        ),
    }
    SLOT_STATUSES = (
        Status.BOOKED,
        Status.CONFIRMED,
        Status.ARRIVED,
        Status.IN_CONSULTATION,
        Status.COMPLETED,
    )
    OPEN_STATUSES = (Status.REQUESTED, Status.WAITLIST, Status.BOOKED, Status.CONFIRMED)
    CARE_STATUSES = (*SLOT_STATUSES, Status.NO_SHOW)
    # Agreed, and the patient is still expected.
    EXPECTED_STATUSES = (Status.BOOKED, Status.CONFIRMED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(
        "clinic.Patient", on_delete=models.PROTECT, related_name="appointments"
    )
    doctor = models.ForeignKey(Doctor, on_delete=models.PROTECT, related_name="appointments")
    visit_type = models.ForeignKey(
        "clinic.VisitType", on_delete=models.PROTECT, related_name="appointments"
    )
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.BOOKED)
    is_urgent = models.BooleanField(_("urgent"), default=False)
    is_walk_in = models.BooleanField(
        _("came without an appointment"), default=False, editable=False
    )
    note = OneLineField(
        _("note for the desk"),
        max_length=200,
        blank=True,
        help_text=_("Nothing medical: the whole desk reads it."),
    )
    # Why somebody overrode the checks; empty for every other appointment.
    overbooked_reason = OneLineField(_("why overbooked"), max_length=200, blank=True)
    arrived_at = models.DateTimeField(_("arrived"), null=True, blank=True)
    rescheduled_from = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        related_name="rescheduled_to",
        null=True,
        blank=True,
        verbose_name=_("moved from"),
    )
    series_id = models.UUIDField(null=True, blank=True, editable=False, db_index=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects: ClassVar[AppointmentQuerySet] = AppointmentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        ordering = ["starts_at"]
        indexes = [
            models.Index(fields=["doctor", "starts_at"], name="appointment_by_doctor_and_time"),
            models.Index(fields=["patient", "starts_at"], name="appointment_by_patient_time"),
            models.Index(fields=["starts_at"], name="appointment_by_time"),
            models.Index(fields=["status", "starts_at"], name="appointment_by_status_and_time"),
            # For a doctor's patients: SQLite reads all at once, PostgreSQL checks each patient.
            models.Index(fields=["doctor", "status", "patient"], name="appointment_of_a_doctor"),
            models.Index(fields=["patient", "doctor", "status"], name="appointment_of_a_patient"),
            # The exclusion constraint of PostgreSQL uses this at each booking.
            models.Index(
                fields=["doctor", "starts_at"],
                condition=~models.Q(overbooked_reason=""),
                name="appointment_overbooked",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="appointment_ends_after_it_starts",
            ),
            # No constraint protects the time of a walk-in, so it must never become a booking.
            models.CheckConstraint(
                condition=models.Q(is_walk_in=False)
                | models.Q(
                    status__in=(
                        "arrived",
                        "in_consultation",
                        "completed",
                        "cancelled",
                        "entered_in_error",
                    ),
                    arrived_at__isnull=False,
                ),
                name="walk_in_is_never_booked",
            ),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.starts_at):%Y-%m-%d %H:%M}"

    @property
    def minutes_waited(self) -> int | None:
        """How long somebody who has arrived has been waiting."""
        if self.status != self.Status.ARRIVED or self.arrived_at is None:
            return None
        return max(int((timezone.now() - self.arrived_at).total_seconds() // 60), 0)

    @property
    def is_waiting_long(self) -> bool:
        """Return whether somebody has been waiting for more than twenty minutes."""
        return (self.minutes_waited or 0) > LONG_WAIT_MINUTES

    @property
    def is_waiting_too_long(self) -> bool:
        """Return whether somebody has been waiting for more than forty minutes."""
        return (self.minutes_waited or 0) > TOO_LONG_WAIT_MINUTES

    @property
    def is_overbooked(self) -> bool:
        """Return whether it was booked where the doctor has no time."""
        return bool(self.overbooked_reason)

    def get_status_display(self) -> str:  # type: ignore[no-redef]
        """Return the status in words; Django's own version evaluates every label for each row."""
        return str(self.Status(self.status).label)

    def can_become(self, status: str) -> bool:
        """Return whether the transition table allows the change."""
        return status in self.next_statuses(self.status)

    def next_statuses(self, status: str) -> frozenset[str]:
        """Return the statuses that may follow a status."""
        return (self.WALK_IN_TRANSITIONS if self.is_walk_in else self.TRANSITIONS)[status]


class AppointmentTransition(models.Model):
    """One change of an appointment's status: who, when, why."""

    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, related_name="transitions"
    )
    from_status = models.CharField(max_length=20, choices=Appointment.Status, blank=True)
    to_status = models.CharField(max_length=20, choices=Appointment.Status)
    # Empty if the scheduler made the change.
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    made_at = models.DateTimeField(auto_now_add=True)
    reason = OneLineField(max_length=200, blank=True)

    class Meta:
        ordering = ["made_at", "pk"]

    def __str__(self) -> str:
        return f"{self.from_status} -> {self.to_status}"
