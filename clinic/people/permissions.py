"""Who may see and do what; each room has such a module, and only there are roles read.

`visible_<plural>(user)` returns what a person may know to exist: a stranger's object is a 404.
`can_<verb>(user, ...)` says what a person may do: visible but not allowed is a 403.
"""

from django.db.models import Q, QuerySet

from clinic.people.care import doctors_of, patients_of
from clinic.people.models.doctor import Doctor
from clinic.people.models.emergency import EmergencyAccess, EmergencyAccessQuerySet
from clinic.people.models.erasure import ErasureRequest, ErasureRequestQuerySet
from clinic.people.models.patient import Patient
from clinic.people.models.user import User

Role = User.Role


def is_admin(user: User) -> bool:
    """Return whether the person manages accounts and settings."""
    return user.is_active and user.role == Role.ADMIN


def is_secretary(user: User) -> bool:
    """Return whether the person works at the desk."""
    return user.is_active and user.role == Role.SECRETARY


def is_doctor(user: User) -> bool:
    """Return whether the person sees patients."""
    return user.is_active and user.role == Role.DOCTOR


def is_patient(user: User) -> bool:
    """Return whether the person is treated here."""
    return user.is_active and user.role == Role.PATIENT


def is_staff(user: User) -> bool:
    """Return whether the person works in the clinic, in any role."""
    return is_admin(user) or is_secretary(user) or is_doctor(user)


def treated_patients(user: User) -> QuerySet[Patient]:
    """Return patients with a valid appointment with the doctor or a predecessor."""
    if not is_doctor(user):
        return Patient.objects.none()
    own = Doctor.objects.filter(user=user).order_by().values("pk")[:1]
    # A subquery, not a join: large registers are searched patient by patient.
    doctors = Doctor.objects.filter(Q(pk=own) | Q(successor=own)).order_by().values("pk")
    return patients_of(doctors)


def treats(user: User, patient: Patient) -> bool:
    """Return whether the doctor sees the patient through care rather than an emergency."""
    if not user.may_have_emergency:
        return is_doctor(user)
    return treated_patients(user).filter(pk=patient.pk).exists()


def patients_in_care(user: User) -> QuerySet[Patient]:
    """Return the patients whose record a doctor can read: treated ones and emergencies."""
    treated = treated_patients(user)
    if not user.may_have_emergency:
        return treated
    opened = EmergencyAccess.objects.running().filter(doctor=user).values("patient")
    return Patient.objects.filter(Q(pk__in=treated.values("pk")) | Q(pk__in=opened))


def visible_users(user: User) -> QuerySet[User]:
    """Return the accounts that a user may see: all for an admin, otherwise only their own."""
    if is_admin(user):
        return User.objects.all()
    return User.objects.filter(pk=user.pk)


def active_secretaries() -> QuerySet[User]:
    """Return those who work at the desk."""
    return User.objects.filter(is_active=True, role=Role.SECRETARY)


def active_admins() -> QuerySet[User]:
    """Return those who manage accounts and read the audit trail."""
    return User.objects.filter(is_active=True, role=Role.ADMIN)


def digest_readers() -> QuerySet[User]:
    """Return staff who want an email about unread notifications."""
    return User.objects.filter(is_active=True, wants_digest=True).exclude(role=Role.PATIENT)


def visible_portraits(user: User) -> QuerySet[User]:
    """Return accounts whose photograph a user may see: their own, and for staff also others."""
    own = Q(pk=user.pk)
    if is_staff(user):
        own |= ~Q(role=Role.PATIENT) | Q(patient__in=visible_patients(user))
    return User.objects.filter(own).exclude(photograph="")


def visible_patients(user: User) -> QuerySet[Patient]:
    """Return patients whose identity and contact data a user may see."""
    if is_admin(user) or is_secretary(user):
        return Patient.objects.all()
    if is_doctor(user):
        return patients_in_care(user)
    return Patient.objects.filter(user=user)


def open_records(user: User) -> QuerySet[Patient]:
    """Return the patient's record, once the account is proved to be the patient's."""
    return Patient.objects.filter(user=user, record_opened_at__isnull=False)


def visible_doctors(user: User) -> QuerySet[Doctor]:
    """Return the active doctors, whom everybody may see and book with."""
    return Doctor.objects.filter(user__is_active=True).select_related("user")


def can_manage_accounts(user: User) -> bool:
    """Return whether the person may create, change and deactivate accounts."""
    return is_admin(user)


def can_see_patient_list(user: User) -> bool:
    """Return whether the person may look up patients by name."""
    return is_staff(user)


def can_register_patients(user: User) -> bool:
    """Return whether the person may add patients to the register."""
    return is_secretary(user)


def can_invite_patient(user: User, patient: Patient) -> bool:
    """Return whether the person may give a visible patient a login, or invite them again."""
    return is_secretary(user) or is_admin(user)


def can_edit_patient(user: User, patient: Patient) -> bool:
    """Return whether the person may correct a visible patient's identity and contact data."""
    return is_secretary(user) or treats(user, patient)


def reads_visible_records(user: User) -> bool:
    """Return whether the person reads the record of every patient they can see."""
    return is_doctor(user)


def can_see_portal(user: User) -> bool:
    """Return whether the person has the pages of a patient: appointments and record."""
    return is_patient(user)


def can_have_digest(user: User) -> bool:
    """Return whether the person may have a morning email about unread notifications."""
    return is_staff(user)


def can_see_audit(user: User) -> bool:
    """Return whether the person may read the whole audit trail and review emergencies."""
    return is_admin(user)


def can_see_access(user: User, patient: Patient) -> bool:
    """Return whether the person may read who opened a visible patient's record."""
    return is_admin(user) or treats(user, patient)


def can_see_own_record(user: User) -> bool:
    """Return whether the person may read their own record, once the account is proved theirs."""
    return open_records(user).exists()


def treating_doctors(patient: Patient) -> QuerySet[User]:
    """Return the accounts of a patient's doctors, with successors for those who left."""
    doctors = doctors_of(patient)
    of_them = Q(doctor__in=doctors) | Q(doctor__in=doctors.values("successor"))
    return User.objects.filter(of_them, is_active=True)


def watchers_of(actor: User | None, about: User) -> QuerySet[User]:
    """Return the other admins, or the doctors where there is no other admin."""
    people = [about.pk, *([actor.pk] if actor else [])]
    admins = active_admins().exclude(pk__in=people)
    if admins.exists():
        return admins
    return User.objects.filter(is_active=True, role=User.Role.DOCTOR).exclude(pk__in=people)


def can_open_in_emergency(user: User) -> bool:
    """Return whether the person may open the record of a patient they do not treat."""
    return is_doctor(user)


def can_end_emergency(user: User, access: EmergencyAccess) -> bool:
    """Return whether the person may close this emergency access, which only its doctor may."""
    return access.doctor == user


def visible_emergencies(user: User) -> EmergencyAccessQuerySet:
    """Return emergency accesses that a user may see: all for admins, their own for doctors."""
    accesses = EmergencyAccess.objects.select_related("doctor", "patient", "reviewed_by")
    return accesses if is_admin(user) else accesses.filter(doctor=user)


def visible_erasures(user: User) -> ErasureRequestQuerySet:
    """Return erasure requests that a user may see: all for admins, their own for patients."""
    if is_admin(user):
        return ErasureRequest.objects.all()
    if is_patient(user):
        return ErasureRequest.objects.filter(patient__user=user)
    return ErasureRequest.objects.none()


def can_decide_erasures(user: User) -> bool:
    """Return whether the person may grant or refuse erasure."""
    return is_admin(user)


def can_record_consent(user: User, patient: Patient) -> bool:
    """Return whether the person may record or withdraw a visible patient's consent."""
    return is_secretary(user) or treats(user, patient)


def can_manage_own_consents(user: User) -> bool:
    """Return whether the person may manage their own consents, language and reminders."""
    return is_patient(user)


def must_have_second_factor(user: User) -> bool:
    """Return whether a password alone would open too much: all accounts, or all records in care."""
    return is_admin(user) or is_doctor(user)
