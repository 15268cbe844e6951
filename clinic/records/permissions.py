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
    """Return whether the doctor sees the patient today, who may then open the record."""
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
    """Return visits: those of patients in care for doctors, their own signed ones for patients."""
    if is_doctor(user):
        return Consultation.objects.filter(patient__in=patients_in_care(user))
    if is_patient(user):
        return Consultation.objects.signed().filter(patient__in=open_records(user))
    return Consultation.objects.none()


def visible_prescriptions(user: User) -> QuerySet[Prescription]:
    """Return prescriptions: signed ones for the patient, drafts only for doctors."""
    prescriptions = Prescription.objects.filter(consultation__in=visible_consultations(user))
    return prescriptions if is_doctor(user) else prescriptions.issued()


def visible_documents(user: User) -> PatientDocumentQuerySet:
    """Return documents: administrative ones for the desk, shared ones for the patient."""
    if is_doctor(user):
        return PatientDocument.objects.filter(patient__in=patients_in_care(user))
    if is_secretary(user):
        return PatientDocument.objects.administrative()
    if is_patient(user):
        return PatientDocument.objects.shared().filter(patient__in=open_records(user))
    return PatientDocument.objects.none()


def document_categories(user: User) -> list[PatientDocument.Category]:
    """Return the categories in which a person may read and add documents."""
    if is_doctor(user):
        return list(PatientDocument.Category)
    return list(PatientDocument.ADMINISTRATIVE) if is_secretary(user) else []


def can_keep_documents(user: User, patient: Patient) -> bool:
    """Return whether the person may add, share and archive a visible patient's documents."""
    return is_secretary(user) or treats(user, patient)


def visible_facts(user: User, model: type[Fact]) -> QuerySet[Fact]:
    """Return allergies, conditions or current drugs, for the doctors who treat the patient."""
    return model._default_manager.filter(patient__in=patients_in_care(user))


def visible_templates(user: User) -> QuerySet[WritingTemplate]:
    """Return templates: their own and the clinic's for doctors, the clinic's for admins."""
    if is_doctor(user):
        return WritingTemplate.objects.filter(Q(owner=user) | Q(owner__isnull=True))
    if is_admin(user):
        return WritingTemplate.objects.filter(owner__isnull=True)
    return WritingTemplate.objects.none()


def can_see_clinical(user: User, patient: Patient) -> bool:
    """Return whether the person may read the patient's medical data."""
    return is_doctor(user) and patients_in_care(user).filter(pk=patient.pk).exists()


def can_write_visit(user: User, consultation: Consultation) -> bool:
    """Return whether the person may write in the visit; services refuse once it is signed."""
    return is_doctor(user) and consultation.doctor.user_id == user.pk


def can_revoke_prescription(user: User, prescription: Prescription) -> bool:
    """Return whether the person may revoke a signed prescription, their own or a predecessor's."""
    doctor = prescription.consultation.doctor
    return is_doctor(user) and user.pk in {doctor.user_id, doctor.in_charge.user_id}


def can_insert_templates(user: User) -> bool:
    """Return whether the person may insert templates, and keep text as one."""
    return is_doctor(user)


def can_manage_templates(user: User) -> bool:
    """Return whether the person may open the page on which templates are written and archived."""
    return is_doctor(user) or is_admin(user)


def can_own_template(user: User, owner: User | None) -> bool:
    """Return whether the person may write a template for this owner; None is the whole clinic."""
    if owner is None:
        return is_doctor(user) or is_admin(user)
    return is_doctor(user) and owner == user


def can_change_template(user: User, template: WritingTemplate) -> bool:
    """Return whether the person may change or archive this template."""
    return can_own_template(user, template.owner)
