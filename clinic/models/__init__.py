from clinic.core.models.clinic_settings import ClinicSettings
from clinic.core.models.translated import TranslatedModel
from clinic.people.models.consent import Consent
from clinic.people.models.doctor import Doctor
from clinic.people.models.emergency import EmergencyAccess
from clinic.people.models.erasure import ErasureRequest
from clinic.people.models.patient import Patient
from clinic.people.models.record_code import RecordCode
from clinic.people.models.record_ending import FormerIdentity, RecordEnding, RetentionProposal
from clinic.people.models.sign_up import SignUpCode
from clinic.people.models.unsent_form import UnsentForm
from clinic.people.models.user import User
from clinic.records.models.catalogue import BodySite, Symptom
from clinic.records.models.consultation import Addendum, Consultation
from clinic.records.models.document import PatientDocument
from clinic.records.models.facts import Allergy, ClinicalFact, Condition, CurrentDrug
from clinic.records.models.paper import IssuedDocument
from clinic.records.models.phrase import WritingTemplate, WritingTemplateVersion
from clinic.records.models.prescription import Prescription, PrescriptionLine, WarningOverride
from clinic.scheduling.models.appointment import Appointment, AppointmentTransition
from clinic.scheduling.models.calendar_feed import CalendarFeed
from clinic.scheduling.models.message import AppointmentNotice
from clinic.scheduling.models.schedule import Absence, Availability, VisitType
from clinic.scheduling.models.waiting_room import ArrivalToken, WaitingScreen
from clinic.scheduling.models.wish import AppointmentRequest
from clinic.trail.models.audit import AuditCheck, AuditEvent, AuditLink
from clinic.trail.models.notification import Notification, NotificationDigest

__all__ = [
    "Absence",
    "Addendum",
    "Allergy",
    "Appointment",
    "AppointmentNotice",
    "AppointmentRequest",
    "AppointmentTransition",
    "ArrivalToken",
    "AuditCheck",
    "AuditEvent",
    "AuditLink",
    "Availability",
    "BodySite",
    "CalendarFeed",
    "ClinicSettings",
    "ClinicalFact",
    "Condition",
    "Consent",
    "Consultation",
    "CurrentDrug",
    "Doctor",
    "EmergencyAccess",
    "ErasureRequest",
    "FormerIdentity",
    "IssuedDocument",
    "Notification",
    "NotificationDigest",
    "Patient",
    "PatientDocument",
    "Prescription",
    "PrescriptionLine",
    "RecordCode",
    "RecordEnding",
    "RetentionProposal",
    "SignUpCode",
    "Symptom",
    "TranslatedModel",
    "UnsentForm",
    "User",
    "VisitType",
    "WaitingScreen",
    "WarningOverride",
    "WritingTemplate",
    "WritingTemplateVersion",
]
