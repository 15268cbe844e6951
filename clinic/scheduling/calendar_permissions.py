"""Who reads calendars, and who plans weekly hours and leave in them.

A file of its own, because `clinic/people/permissions.py` would be too long with it.
"""

from django.db.models import Exists, OuterRef, Q, QuerySet

from clinic.people.models.user import User
from clinic.people.permissions import is_admin, is_doctor, is_secretary, is_staff
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.schedule import Absence, AbsenceQuerySet, Availability, Doctor


def visible_calendars(user: User) -> QuerySet[Doctor]:
    """Doctors whose calendar a person reads: the desk and the admin all, a doctor their own.

    A deactivated doctor is among them, for her visits live on.
    """
    doctors = Doctor.objects.select_related("user")
    if is_admin(user) or is_secretary(user):
        return doctors
    return doctors.filter(user=user)


def calendars_showing(user: User, appointments: QuerySet[Appointment]) -> QuerySet[Doctor]:
    """Calendars of the doctors who work here, and of the deactivated who have these visits."""
    visits = appointments.order_by().filter(doctor=OuterRef("pk"))
    return visible_calendars(user).filter(Q(user__is_active=True) | Exists(visits))


def calendars_for_leave(user: User) -> QuerySet[Doctor]:
    """Calendars in which a person plans leave, or moves what a deactivated doctor left."""
    return calendars_showing(user, Appointment.objects.expected())


def visible_availabilities(user: User) -> QuerySet[Availability]:
    """Weekly hours, for those who plan with them."""
    if is_admin(user) or is_secretary(user):
        return Availability.objects.all()
    return Availability.objects.filter(doctor__user=user)


def visible_absences(user: User) -> AbsenceQuerySet:
    """Leave: those who plan see all, a doctor the own and that of the whole clinic."""
    absences = Absence.objects.select_related("doctor__user")
    if is_admin(user) or is_secretary(user):
        return absences
    if is_doctor(user):
        return absences.filter(Q(doctor__user=user) | Q(doctor=None))
    return absences.none()


def can_manage_schedule(user: User) -> bool:
    """Change weekly hours, types of visit and everybody's leave."""
    return is_admin(user) or is_secretary(user)


def can_see_absences(user: User) -> bool:
    """Open the list of leave."""
    return can_manage_schedule(user) or is_doctor(user)


def can_plan_absence(user: User, doctor: Doctor | None) -> bool:
    """Add and remove leave of a doctor, or of the whole clinic where none is named."""
    is_own = doctor is not None and is_doctor(user) and doctor.user_id == user.pk
    return can_manage_schedule(user) or is_own


def can_see_calendar(user: User) -> bool:
    """Look at a calendar by day, week and month."""
    return is_staff(user)


def can_keep_calendar_feed(user: User) -> bool:
    """Have a secret address at which a calendar program reads the own appointments."""
    return is_doctor(user)
