"""The clinic's names for its rows and lists in the audit trail."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TARGETS: dict[str, str | Promise] = {
    "clinic.addendum": _("Addendum to a visit"),
    "clinic.allergy": _("Allergies"),
    "clinic.appointment": _("Appointment"),
    "clinic.appointmentnotice": _("Message about an appointment"),
    "clinic.condition": _("Conditions"),
    "clinic.consent": _("Consent"),
    "clinic.consultation": _("Visit"),
    "clinic.currentdrug": _("Current drugs"),
    "clinic.emergencyaccess": _("Emergency access"),
    "clinic.issueddocument": _("Paper"),
    "clinic.patient": _("Personal data"),
    "clinic.patientdocument": _("Document"),
    "clinic.prescription": _("Prescription"),
    "clinic.recordcode": _("Access code for the patient"),
    "clinic.user": _("Account or portrait"),
}
LISTS: dict[str, str | Promise] = {
    "absence_add": _("Visits during a leave"),
    "accounts": _("Accounts"),
    "audit": _("List of accesses"),
    "calendar": _("Calendar"),
    "desk_day": _("The desk’s day"),
    "doctor_day": _("Own day"),
    "emergencies": _("Emergency accesses"),
    "erasure_requests": _("Requests for erasure"),
    "requests": _("Requests"),
    "waiting_room": _("Waiting room"),
    "documents": _("List of documents"),
    "own_appointments": _("Own appointments"),
    "patients": _("List of patients"),
    "record_endings": _("Records that end"),
    "notifications": _("Notifications"),
    # Not lists, but named in the same way.
    "login": _("Login of the patient"),
}
