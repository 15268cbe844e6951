"""What an event of the audit trail was about, in plain words."""

from django.apps import apps
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from clinic.trail.models.audit import AuditEvent

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
    "diagnosis.lesion": _("Lesion"),
    "diagnosis.lesionimage": _("Photograph"),
    "diagnosis.prediction": _("Answer of the model"),
    "diagnosis.referralletter": _("Letter"),
    "diagnosis.review": _("Diagnosis"),
}
LISTS: dict[str, str | Promise] = {
    "absence_add": _("Visits during a leave"),
    "audit": _("List of accesses"),
    "calendar": _("Calendar"),
    "desk_day": _("The desk’s day"),
    "doctor_day": _("Own day"),
    "erasure_requests": _("Requests for erasure"),
    "requests": _("Requests"),
    "waiting_room": _("Waiting room"),
    "documents": _("List of documents"),
    "own_appointments": _("Own appointments"),
    "own_record": _("Own record"),
    "patients": _("List of patients"),
    "record_endings": _("Records that end"),
    "timeline": _("Whole record"),
    "to_review": _("Answers to review"),
    "notifications": _("Notifications"),
    # Not lists, but told apart in the same way.
    "login": _("Login of the patient"),
}
# What the action says alone.
WITHOUT_THING = (AuditEvent.Verb.SIGN_IN, AuditEvent.Verb.SIGN_OUT)


def words_for(event: AuditEvent) -> str | Promise:
    """The thing that was read or changed, as the pages call it or as the database does."""
    if event.verb in WITHOUT_THING:
        return ""
    if "second_factor" in event.detail:
        return _("Second step of signing in")
    if "record" in event.detail:
        return _("Access of the patient to the record")
    named = event.detail.get("list") or event.detail.get("what") or event.detail.get("of")
    if isinstance(named, str) and named in LISTS:
        return LISTS[named]
    return TARGETS.get(event.target_type) or _name_of_model(event.target_type) or str(named or "")


def _name_of_model(label: str) -> str:
    try:
        return capfirst(str(apps.get_model(label)._meta.verbose_name))
    except (LookupError, ValueError):
        return ""
