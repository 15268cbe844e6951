"""Who may see and do what in the clinic; the only module of this app that reads a role.

`visible_<plural>(user)` gives what a person may know to exist: a stranger's object is a 404.
`can_<verb>(user, ...)` says what a person may do: what is seen but not allowed is a 403.
"""

from typing import TypeVar

from django.db.models import Q, QuerySet

from clinic.core.models.clinic_settings import ClinicSettings
from clinic.people.models.emergency import EmergencyAccess
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.records.models.consultation import Consultation, ConsultationQuerySet
from clinic.records.models.document import PatientDocument, PatientDocumentQuerySet
from clinic.records.models.facts import ClinicalFact
from clinic.records.models.phrase import WritingTemplate
from clinic.records.models.prescription import Prescription
from clinic.scheduling.models.appointment import Appointment, AppointmentQuerySet
from clinic.scheduling.models.schedule import Doctor
from clinic.scheduling.models.wish import AppointmentRequest, AppointmentRequestQuerySet
from clinic.trail.models.notification import Notification, NotificationQuerySet

Role = User.Role
Fact = TypeVar("Fact", bound=ClinicalFact)


def is_admin(user: User) -> bool:
    """Whether the person manages accounts and settings."""
    return user.is_active and user.role == Role.ADMIN


def is_secretary(user: User) -> bool:
    """Whether the person works at the desk."""
    return user.is_active and user.role == Role.SECRETARY


def is_doctor(user: User) -> bool:
    """Whether the person sees patients."""
    return user.is_active and user.role == Role.DOCTOR


def is_patient(user: User) -> bool:
    """Whether the person is treated here."""
    return user.is_active and user.role == Role.PATIENT


def is_staff(user: User) -> bool:
    """Whether the person works in the clinic, in whatever role."""
    return is_admin(user) or is_secretary(user) or is_doctor(user)


def treated_patients(user: User) -> QuerySet[Patient]:
    """Patients with an appointment that is not cancelled, with the doctor or a predecessor."""
    if not is_doctor(user):
        return Patient.objects.none()
    own = Doctor.objects.filter(user=user).order_by().values("pk")[:1]
    # As values, not as a join: large registers are searched patient by patient.
    doctors = Doctor.objects.filter(Q(pk=own) | Q(successor=own)).order_by().values("pk")
    appointments = Appointment.objects.not_cancelled().filter(doctor__in=doctors)
    return Patient.objects.filter(pk__in=appointments.values("patient"))


def treats(user: User, patient: Patient) -> bool:
    """Whether a doctor who sees the patient does so by care; only an emergency makes it unsure."""
    if not user.may_have_emergency:
        return is_doctor(user)
    return treated_patients(user).filter(pk=patient.pk).exists()


def patients_in_care(user: User) -> QuerySet[Patient]:
    """Patients whose record a doctor reads: the treated ones, and those of an emergency."""
    treated = treated_patients(user)
    if not user.may_have_emergency:
        return treated
    opened = EmergencyAccess.objects.running().filter(doctor=user).values("patient")
    return Patient.objects.filter(Q(pk__in=treated.values("pk")) | Q(pk__in=opened))


def visible_users(user: User) -> QuerySet[User]:
    """Accounts: an admin sees all, everybody else their own."""
    if is_admin(user):
        return User.objects.all()
    return User.objects.filter(pk=user.pk)


def active_secretaries() -> QuerySet[User]:
    """Whoever works at the desk."""
    return User.objects.filter(is_active=True, role=Role.SECRETARY)


def active_admins() -> QuerySet[User]:
    """Whoever manages accounts and looks at the audit trail."""
    return User.objects.filter(is_active=True, role=Role.ADMIN)


def digest_readers() -> QuerySet[User]:
    """Staff who want a mail about what they have not read."""
    return User.objects.filter(is_active=True, wants_digest=True).exclude(role=Role.PATIENT)


def visible_notifications(user: User) -> NotificationQuerySet:
    """News: everybody sees what is meant for them and for nobody else."""
    return Notification.objects.filter(recipient=user)


def visible_portraits(user: User) -> QuerySet[User]:
    """Accounts whose photograph may be seen: staff by staff, patients by who sees the record."""
    own = Q(pk=user.pk)
    if is_staff(user):
        own |= ~Q(role=Role.PATIENT) | Q(patient__in=visible_patients(user))
    return User.objects.filter(own).exclude(photograph="")


def visible_patients(user: User) -> QuerySet[Patient]:
    """Identity and contact data of patients."""
    if is_admin(user) or is_secretary(user):
        return Patient.objects.all()
    if is_doctor(user):
        return patients_in_care(user)
    return Patient.objects.filter(user=user)


def open_records(user: User) -> QuerySet[Patient]:
    """The own record of a patient, once it was proved that the account is the patient's."""
    return Patient.objects.filter(user=user, record_opened_at__isnull=False)


def bookable_patients(user: User) -> QuerySet[Patient]:
    """Patients for whom a person books: an emergency makes no appointment, and so no care."""
    patients = treated_patients(user) if is_doctor(user) else visible_patients(user)
    return patients.filter(pseudonymised_at__isnull=True)


def visible_doctors(user: User) -> QuerySet[Doctor]:
    """Doctors who work here, so that somebody can book with them; everybody may know them."""
    return Doctor.objects.filter(user__is_active=True).select_related("user")


def bookable_doctors(user: User) -> QuerySet[Doctor]:
    """Doctors in whose calendar a person may book: a doctor in the own, the desk in all."""
    doctors = visible_doctors(user)
    return doctors.filter(user=user) if is_doctor(user) else doctors


def visible_appointments(user: User) -> AppointmentQuerySet:
    """Appointments: the desk and the admin see all, a doctor those of patients in care."""
    if is_admin(user) or is_secretary(user):
        return Appointment.objects.all()
    if is_doctor(user):
        return Appointment.objects.filter(
            Q(doctor__user=user) | Q(patient__in=patients_in_care(user))
        )
    return Appointment.objects.filter(patient__user=user)


def visible_requests(user: User) -> AppointmentRequestQuerySet:
    """What patients asked for, for those who may see the appointment."""
    if is_admin(user) or is_secretary(user):
        return AppointmentRequest.objects.all()
    return AppointmentRequest.objects.filter(appointment__in=visible_appointments(user))


def visible_consultations(user: User) -> ConsultationQuerySet:
    """Visits: a doctor sees those of patients in care, a patient the own signed ones."""
    if is_doctor(user):
        return Consultation.objects.filter(patient__in=patients_in_care(user))
    if is_patient(user):
        return Consultation.objects.signed().filter(patient__in=open_records(user))
    return Consultation.objects.none()


def visible_prescriptions(user: User) -> QuerySet[Prescription]:
    """Prescriptions: a patient sees what was signed, a draft stays with the doctors."""
    prescriptions = Prescription.objects.filter(consultation__in=visible_consultations(user))
    return prescriptions if is_doctor(user) else prescriptions.issued()


def visible_documents(user: User) -> PatientDocumentQuerySet:
    """Documents: the desk sees administrative ones, a patient what was shared, an admin none."""
    if is_doctor(user):
        return PatientDocument.objects.filter(patient__in=patients_in_care(user))
    if is_secretary(user):
        return PatientDocument.objects.administrative()
    if is_patient(user):
        return PatientDocument.objects.shared().filter(patient__in=open_records(user))
    return PatientDocument.objects.none()


def document_categories(user: User) -> list[PatientDocument.Category]:
    """The categories that a person may read, and in which the person adds documents."""
    if is_doctor(user):
        return list(PatientDocument.Category)
    return list(PatientDocument.ADMINISTRATIVE) if is_secretary(user) else []


def can_keep_documents(user: User, patient: Patient) -> bool:
    """Add, share and archive documents of a patient who is visible."""
    return is_secretary(user) or treats(user, patient)


def visible_facts(user: User, model: type[Fact]) -> QuerySet[Fact]:
    """Allergies, conditions or current drugs, for the doctors who treat the patient."""
    return model._default_manager.filter(patient__in=patients_in_care(user))


def visible_templates(user: User) -> QuerySet[WritingTemplate]:
    """Templates: doctors see their own and the clinic's, the admin the clinic's."""
    if is_doctor(user):
        return WritingTemplate.objects.filter(Q(owner=user) | Q(owner__isnull=True))
    if is_admin(user):
        return WritingTemplate.objects.filter(owner__isnull=True)
    return WritingTemplate.objects.none()


def can_manage_accounts(user: User) -> bool:
    """Create, change, deactivate accounts."""
    return is_admin(user)


def can_read_settings(user: User) -> bool:
    """See what the clinic has decided for itself."""
    return is_admin(user) or is_secretary(user)


def can_manage_settings(user: User) -> bool:
    """Change the clinic's settings and its lists of symptoms and body sites."""
    return is_admin(user)


def can_book(user: User) -> bool:
    """Book an appointment for a patient who is visible, with one of the bookable doctors."""
    return is_secretary(user) or is_doctor(user)


def can_overbook(user: User, doctor: Doctor) -> bool:
    """Book where a doctor has no time: oneself, or at the desk where the clinic lets it."""
    if is_secretary(user):
        return ClinicSettings.objects.current().is_overbooking_allowed
    return is_doctor(user) and doctor.user_id == user.pk


def can_run_desk(user: User) -> bool:
    """Book appointments, mark arrivals, plan the day."""
    return is_secretary(user)


def can_see_waiting_room(user: User) -> bool:
    """See who waits: the desk for all doctors, a doctor for the own patients."""
    return is_secretary(user) or is_doctor(user)


def can_see_patient_list(user: User) -> bool:
    """Look patients up by name."""
    return is_staff(user)


def can_register_patients(user: User) -> bool:
    """Add a patient to the register."""
    return is_secretary(user)


def can_invite_patient(user: User, patient: Patient) -> bool:
    """Give a patient who is visible a login, or send the invitation again."""
    return is_secretary(user) or is_admin(user)


def can_edit_patient(user: User, patient: Patient) -> bool:
    """Correct identity and contact data of a patient who is visible."""
    return is_secretary(user) or treats(user, patient)


def reads_visible_records(user: User) -> bool:
    """Return whether every patient who is visible is one whose record the person reads."""
    return is_doctor(user)


def can_see_clinical(user: User, patient: Patient) -> bool:
    """Read allergies, phototype and everything else medical of a patient."""
    return is_doctor(user) and patients_in_care(user).filter(pk=patient.pk).exists()


def can_transition(user: User, appointment: Appointment, status: str) -> bool:
    """Move an appointment to a status, as far as the person's job goes."""
    if is_secretary(user):
        return status not in {Appointment.Status.IN_CONSULTATION, Appointment.Status.COMPLETED}
    if is_patient(user):
        return status == Appointment.Status.CANCELLED
    return False


def can_open_visit(user: User, appointment: Appointment) -> bool:
    """Call the patient in."""
    return is_doctor(user) and appointment.doctor.user_id == user.pk


def can_see_own_day(user: User) -> bool:
    """See the list of one's visits of a day."""
    return is_doctor(user)


def can_write_visit(user: User, consultation: Consultation) -> bool:
    """Write up, photograph, prescribe and sign; the service refuses once the visit is signed."""
    return is_doctor(user) and consultation.doctor.user_id == user.pk


def can_revoke_prescription(user: User, prescription: Prescription) -> bool:
    """Revoke a signed prescription of one's own, or of a doctor whose patients one took over."""
    doctor = prescription.consultation.doctor
    return is_doctor(user) and user.pk in {doctor.user_id, doctor.in_charge.user_id}


def can_insert_templates(user: User) -> bool:
    """Write with templates, and keep what is written as one."""
    return is_doctor(user)


def can_manage_templates(user: User) -> bool:
    """Open the page on which templates are written and put away."""
    return is_doctor(user) or is_admin(user)


def can_own_template(user: User, owner: User | None) -> bool:
    """Write a template for this owner; one without an owner is the whole clinic's."""
    if owner is None:
        return is_doctor(user) or is_admin(user)
    return is_doctor(user) and owner == user


def can_change_template(user: User, template: WritingTemplate) -> bool:
    """Change or put away a template: one's own, and any of the clinic's."""
    return can_own_template(user, template.owner)


def can_see_portal(user: User) -> bool:
    """Read the own appointments and record."""
    return is_patient(user)


def can_book_in_portal(user: User) -> bool:
    """Book, ask for or move an own appointment, as far as the clinic offers it."""
    return is_patient(user)


def can_have_digest(user: User) -> bool:
    """Have a mail each morning about what one has not read."""
    return is_staff(user)
