"""Who needs a second factor, records consents, reads the audit trail, opens or ends a record.

A file of its own, because `clinic/permissions.py` would be too long with it.
"""

from clinic.models import EmergencyAccess, ErasureRequest, Patient, User
from clinic.models.emergency import EmergencyAccessQuerySet
from clinic.models.erasure import ErasureRequestQuerySet
from clinic.permissions import is_admin, is_doctor, is_patient, is_secretary, treats


def can_see_audit(user: User) -> bool:
    """Read the whole audit trail, and review emergency accesses."""
    return is_admin(user)


def can_see_access(user: User, patient: Patient) -> bool:
    """Read who opened the record of a patient who is visible."""
    return is_admin(user) or treats(user, patient)


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
