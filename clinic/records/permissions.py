"""Who reads and writes visits, facts, prescriptions, documents and phrases."""

from typing import TypeVar

from django.db.models import Q, QuerySet
from django.utils import timezone

from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.permissions import (
    is_admin,
    is_doctor,
    is_patient,
    is_secretary,
    open_records,
    patients_in_care,
    treats,
)
from clinic.records.models.consultation import Consultation, ConsultationQuerySet
from clinic.records.models.document import PatientDocument, PatientDocumentQuerySet
from clinic.records.models.facts import ClinicalFact
from clinic.records.models.phrase import WritingTemplate
from clinic.records.models.prescription import Prescription


def can_open_record(user: User, patient: Patient) -> bool:
    """Allow the doctor who sees the patient today to print the code or open the record."""
    return is_doctor(user) and visits_today(user, patient).exists()


def visits_today(user: User, patient: Patient) -> ConsultationQuerySet:
    """Return the doctor's visits with the patient that started today."""
    visits = Consultation.objects.filter(patient=patient, doctor__user=user)
    return visits.filter(started_at__date=timezone.localdate())


def is_offered_opening(user: User, patient: Patient) -> bool:
    """Return whether the record is still closed and the user may open it."""
    is_closed = patient.record_opened_at is None and not patient.has_ended
    return is_closed and can_open_record(user, patient)


Fact = TypeVar("Fact", bound=ClinicalFact)


def visible_consultations(user: User) -> ConsultationQuerySet:
    """Visits: doctors see those of patients in care, patients their own signed ones."""
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
    """Return the categories that a person may read, and in which the person adds documents."""
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


def can_see_clinical(user: User, patient: Patient) -> bool:
    """Read allergies, phototype and everything else medical of a patient."""
    return is_doctor(user) and patients_in_care(user).filter(pk=patient.pk).exists()


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
