"""Who needs a second factor, records consents, reads the audit trail, opens or ends a record.

A file of its own, because `clinic/people/permissions.py` would be too long with it.
"""

from django.db.models import Q, QuerySet
from django.utils import timezone

from clinic.people.models.emergency import EmergencyAccess, EmergencyAccessQuerySet
from clinic.people.models.erasure import ErasureRequest, ErasureRequestQuerySet
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.permissions import (
    active_admins,
    is_admin,
    is_doctor,
    is_patient,
    is_secretary,
    open_records,
    treats,
)
from clinic.records.models.consultation import Consultation, ConsultationQuerySet
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.models.schedule import Doctor


def can_see_audit(user: User) -> bool:
    """Read the whole audit trail, and review emergency accesses."""
    return is_admin(user)


def can_see_access(user: User, patient: Patient) -> bool:
    """Read who opened the record of a patient who is visible."""
    return is_admin(user) or treats(user, patient)


def can_see_own_record(user: User) -> bool:
    """Read the own record: not before it is proved that the account is the patient's."""
    return open_records(user).exists()


def can_open_record(user: User, patient: Patient) -> bool:
    """Hand a patient the code, or open the record in person: the doctor of a visit of today."""
    return is_doctor(user) and visits_today(user, patient).exists()


def visits_today(user: User, patient: Patient) -> ConsultationQuerySet:
    """The visits of today in which a doctor sees a patient."""
    visits = Consultation.objects.filter(patient=patient, doctor__user=user)
    return visits.filter(started_at__date=timezone.localdate())


def is_offered_opening(user: User, patient: Patient) -> bool:
    """Whether a page offers to open the record: it is closed still, and the person may."""
    is_closed = patient.record_opened_at is None and not patient.has_ended
    return is_closed and can_open_record(user, patient)


def treating_doctors(patient: Patient) -> QuerySet[User]:
    """The accounts of the doctors who treat a patient, and of the successors of those who left."""
    appointments = Appointment.objects.not_cancelled().filter(patient=patient)
    doctors = Doctor.objects.filter(pk__in=appointments.order_by().values("doctor"))
    of_them = Q(doctor__in=doctors) | Q(doctor__in=doctors.values("successor"))
    return User.objects.filter(of_them, is_active=True)


def watchers_of(actor: User | None, about: User) -> QuerySet[User]:
    """The admins who hear what one of them does to an account; the doctors where there is none."""
    people = [about.pk, *([actor.pk] if actor else [])]
    admins = active_admins().exclude(pk__in=people)
    if admins.exists():
        return admins
    return User.objects.filter(is_active=True, role=User.Role.DOCTOR).exclude(pk__in=people)


def can_open_in_emergency(user: User) -> bool:
    """Open the record of a patient whom one does not treat, for a reason and for an hour."""
    return is_doctor(user)


def can_end_emergency(user: User, access: EmergencyAccess) -> bool:
    """Close a record that one has opened in an emergency."""
    return access.doctor == user


def visible_emergencies(user: User) -> EmergencyAccessQuerySet:
    """Emergency accesses: an admin sees all, a doctor the own."""
    accesses = EmergencyAccess.objects.select_related("doctor", "patient", "reviewed_by")
    return accesses if is_admin(user) else accesses.filter(doctor=user)


def visible_erasures(user: User) -> ErasureRequestQuerySet:
    """Requests to be forgotten: an admin decides on all of them, a patient sees the own ones."""
    if is_admin(user):
        return ErasureRequest.objects.all()
    if is_patient(user):
        return ErasureRequest.objects.filter(patient__user=user)
    return ErasureRequest.objects.none()


def can_decide_erasures(user: User) -> bool:
    """Grant or refuse that a patient is forgotten."""
    return is_admin(user)


def can_record_consent(user: User, patient: Patient) -> bool:
    """Record or withdraw a consent for a patient who is visible."""
    return is_secretary(user) or treats(user, patient)


def can_manage_own_consents(user: User) -> bool:
    """Give and withdraw the own consents, choose language and reminders."""
    return is_patient(user)


def must_have_second_factor(user: User) -> bool:
    """Whether a password alone would open too much: all accounts, or all records in care."""
    return is_admin(user) or is_doctor(user)
