"""What keeps the demo's desk busy: requests, changed times, leave, papers, templates."""

from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.records.models.phrase import WritingTemplate
from clinic.records.services.phrases import create_template, notes_content, prescription_content
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.schedule import Absence, VisitType
from clinic.scheduling.services.absences import Decision, add_absence, visits_within
from clinic.scheduling.services.appointments import (
    Booking,
    book_appointment,
    move_appointment,
    reschedule_appointment,
)
from clinic.scheduling.services.portal_booking import MAX_OPEN, Wish, request_appointment
from clinic.scheduling.services.slots import next_free_slots
from clinic.scheduling.services.wishes import put_on_waiting_list
from skinhealth.demo.cast import Cast
from skinhealth.demo.ordinary import ORDINARY_VISITS
from skinhealth.demo.stories import KERATOSIS

Status = Appointment.Status
MOVED = 3
WISHES = 7
LEAVE_REASON = "Congress"
CLOSED_REASON = "Public holiday"


def fill_desk(cast: Cast, crowd: list[Patient]) -> None:
    """Do at the desk what happens in an ordinary week, through the services."""
    _keep_away(cast)
    _change_times(cast, crowd)
    _ask(cast, crowd)
    _keep_templates(cast)


def _keep_away(cast: Cast) -> None:
    """Send a doctor to a congress next week, and close the clinic for a day after that."""
    today = timezone.localdate()
    monday = today + timedelta(days=7 - today.weekday())
    thursday = monday + timedelta(days=3)
    absences = (
        Absence(doctor=cast.doctors[2], starts_at=_midnight(thursday),
                ends_at=_midnight(thursday + timedelta(days=1)), reason=LEAVE_REASON),
        Absence(doctor=None, starts_at=_midnight(monday + timedelta(days=11)),
                ends_at=_midnight(monday + timedelta(days=12)), reason=CLOSED_REASON),
    )  # fmt: skip
    for absence in absences:
        add_absence(
            doctor=absence.doctor,
            starts_at=absence.starts_at,
            ends_at=absence.ends_at,
            reason=absence.reason,
            actor=cast.secretary,
            decisions={visit.pk: Decision(is_cancelled=True) for visit in visits_within(absence)},
            cancel_reason="The doctor is away; the patient was called.",
        )


def _change_times(cast: Cast, crowd: list[Patient]) -> None:
    """Move some appointments, cancel one, and squeeze one in."""
    secretary, doctor = cast.secretary, cast.doctors[0]
    coming = (
        Appointment.objects.filter(
            patient__in=crowd,
            doctor=doctor,
            status=Status.BOOKED,
            starts_at__gt=timezone.now() + timedelta(days=1),
        )
        .select_related("patient", "doctor__user", "visit_type")
        .order_by("starts_at")
    )
    *moved, mistaken, crowded = coming[: MOVED + 2]
    for appointment in moved:
        slot = next_free_slots(
            visit_type=appointment.visit_type,
            doctor=doctor,
            patient=appointment.patient,
            after=appointment.starts_at + timedelta(days=2),
            count=1,
        )[0]
        reschedule_appointment(
            appointment=appointment,
            doctor=doctor,
            starts_at=slot.starts_at,
            actor=secretary,
            reason="Asked for a later day.",
        )
    move_appointment(
        appointment=mistaken,
        status=Status.ENTERED_IN_ERROR,
        actor=secretary,
        reason="Booked for the wrong person.",
    )
    book_appointment(
        booking=Booking(
            patient=cast.patients[8],
            doctor=doctor,
            visit_type=VisitType.objects.get(code="follow-up"),
            starts_at=crowded.starts_at,
            is_urgent=True,
            overbooked_reason="Wound check after the excision, agreed with the doctor.",
        ),
        actor=secretary,
    )


def _ask(cast: Cast, crowd: list[Patient]) -> None:
    """Leave requests of patients at the desk, some of them on the waiting list."""
    today = timezone.localdate()
    types = list(VisitType.objects.filter(is_offered_to_patients=True))
    upcoming = Count("appointments", filter=Q(appointments__in=Appointment.objects.upcoming()))
    free = Patient.objects.filter(pk__in=[one.pk for one in crowd]).annotate(upcoming=upcoming)
    asking = free.filter(upcoming__lt=MAX_OPEN).order_by("upcoming", "record_number")[:WISHES]
    for number, patient in enumerate((cast.patients[0], *asking)):
        first_day = today + timedelta(days=3 + number)
        appointment = request_appointment(
            patient=patient,
            visit_type=types[number % len(types)],
            wish=Wish(
                first_day=first_day,
                last_day=first_day + timedelta(days=number % 3 * 3),
                at_time=time(9 + number) if number % 3 == 0 else None,
                doctor=cast.doctors[number % 3] if number % 2 else None,
            ),
            actor=patient.user or cast.secretary,
        )
        if number % 3 == 2:
            put_on_waiting_list(request=appointment.request, actor=cast.secretary)


def _keep_templates(cast: Cast) -> None:
    """Give the clinic two templates, and the demo's doctor two more."""
    admin = User.objects.filter(role=User.Role.ADMIN).earliest("created_at")
    doctor = cast.doctors[0].user
    for owner, place, name in (
        (None, 2, "Yearly skin check"),
        (None, 4, "Wart, frozen"),
        (doctor, 1, "Eczema, flare"),
    ):
        words = ORDINARY_VISITS[place]
        create_template(
            actor=owner or admin,
            kind=WritingTemplate.Kind.NOTES,
            owner=owner,
            name=name,
            content=notes_content(
                {
                    "reason": words.reason,
                    "examination": words.examination,
                    "assessment": words.assessment,
                    "plan": words.plan,
                    "conclusion": words.conclusion,
                }
            ),
        )
    create_template(
        actor=doctor,
        kind=WritingTemplate.Kind.PRESCRIPTION,
        owner=doctor,
        name="Actinic keratosis, cream",
        content=prescription_content(KERATOSIS.prescription),
    )


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
