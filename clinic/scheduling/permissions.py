"""Who books and moves appointments, reads calendars, and plans hours and leave."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from clinic.core.models.clinic_settings import ClinicSettings
from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.permissions import (
    is_admin,
    is_doctor,
    is_patient,
    is_secretary,
    is_staff,
    patients_in_care,
    treated_patients,
    visible_doctors,
    visible_patients,
)
from clinic.scheduling.models.appointment import Appointment, AppointmentQuerySet
from clinic.scheduling.models.schedule import Absence, AbsenceQuerySet, Availability
from clinic.scheduling.models.wish import AppointmentRequest, AppointmentRequestQuerySet


def visible_calendars(user: User) -> QuerySet[Doctor]:
    """Return the calendars that a user may read: all for the desk and admins, otherwise their own.

    Deactivated doctors are included, because they may still have visits.
    """
    doctors = Doctor.objects.select_related("user")
    if is_admin(user) or is_secretary(user):
        return doctors
    return doctors.filter(user=user)


def calendars_showing(user: User, appointments: QuerySet[Appointment]) -> QuerySet[Doctor]:
    """Return calendars of active doctors, and of deactivated ones with these visits."""
    visits = appointments.order_by().filter(doctor=OuterRef("pk"))
    return visible_calendars(user).filter(Q(user__is_active=True) | Exists(visits))


def calendars_for_leave(user: User) -> QuerySet[Doctor]:
    """Return calendars in which a user plans leave or moves a deactivated doctor's visits."""
    return calendars_showing(user, Appointment.objects.expected())


def visible_availabilities(user: User) -> QuerySet[Availability]:
    """Return weekly hours, for those who plan with them."""
    if is_admin(user) or is_secretary(user):
        return Availability.objects.all()
    return Availability.objects.filter(doctor__user=user)


def visible_absences(user: User) -> AbsenceQuerySet:
    """Return leave: all for planners, their own and the whole clinic's for doctors."""
    absences = Absence.objects.select_related("doctor__user")
    if is_admin(user) or is_secretary(user):
        return absences
    if is_doctor(user):
        return absences.filter(Q(doctor__user=user) | Q(doctor=None))
    return absences.none()


def can_manage_schedule(user: User) -> bool:
    """Return whether the person may change weekly hours, visit types and everybody's leave."""
    return is_admin(user) or is_secretary(user)


def can_see_absences(user: User) -> bool:
    """Return whether the person may open the list of leave."""
    return can_manage_schedule(user) or is_doctor(user)


def can_plan_absence(user: User, doctor: Doctor | None) -> bool:
    """Return whether the person may plan leave of a doctor, or of the clinic if none is named."""
    is_own = doctor is not None and is_doctor(user) and doctor.user_id == user.pk
    return can_manage_schedule(user) or is_own


def can_see_calendar(user: User) -> bool:
    """Return whether the person may see a calendar by day, week and month."""
    return is_staff(user)


def can_keep_calendar_feed(user: User) -> bool:
    """Return whether the person may have a secret address for a calendar program."""
    return is_doctor(user)


def bookable_patients(user: User) -> QuerySet[Patient]:
    """Return patients for whom a user may book; emergency access does not count."""
    patients = treated_patients(user) if is_doctor(user) else visible_patients(user)
    return patients.filter(pseudonymised_at__isnull=True)


def bookable_doctors(user: User) -> QuerySet[Doctor]:
    """Return doctors in whose calendar a user may book: any for the desk, their own for doctors."""
    doctors = visible_doctors(user)
    return doctors.filter(user=user) if is_doctor(user) else doctors


def visible_appointments(user: User) -> AppointmentQuerySet:
    """Return appointments: the desk and admins see all, doctors those of patients in care."""
    if is_admin(user) or is_secretary(user):
        return Appointment.objects.all()
    if is_doctor(user):
        return Appointment.objects.filter(
            Q(doctor__user=user) | Q(patient__in=patients_in_care(user))
        )
    return Appointment.objects.filter(patient__user=user)


def visible_requests(user: User) -> AppointmentRequestQuerySet:
    """Return patients' requests, for those who may see the appointment."""
    if is_admin(user) or is_secretary(user):
        return AppointmentRequest.objects.all()
    return AppointmentRequest.objects.filter(appointment__in=visible_appointments(user))


def can_book(user: User) -> bool:
    """Return whether the person may book a visible patient with one of the bookable doctors."""
    return is_secretary(user) or is_doctor(user)


def can_overbook(user: User, doctor: Doctor) -> bool:
    """Return whether the person may overbook: doctors themselves, the desk if the clinic allows."""
    if is_secretary(user):
        return ClinicSettings.objects.current().is_overbooking_allowed
    return is_doctor(user) and doctor.user_id == user.pk


def can_run_desk(user: User) -> bool:
    """Return whether the person may book appointments, mark arrivals and plan the day."""
    return is_secretary(user)


def can_see_waiting_room(user: User) -> bool:
    """Return whether the person may see who waits: the desk everybody, doctors their patients."""
    return is_secretary(user) or is_doctor(user)


def can_transition(user: User, appointment: Appointment, status: str) -> bool:
    """Return whether the person's role may move the appointment to this status."""
    if is_secretary(user):
        return status not in {Appointment.Status.IN_CONSULTATION, Appointment.Status.COMPLETED}
    if is_patient(user):
        return status == Appointment.Status.CANCELLED
    return False


def can_open_visit(user: User, appointment: Appointment) -> bool:
    """Return whether the person may call the patient in."""
    return is_doctor(user) and appointment.doctor.user_id == user.pk


def can_book_in_portal(user: User) -> bool:
    """Return whether the person may book, request or move their own appointments."""
    return is_patient(user)
