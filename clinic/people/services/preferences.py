"""The language and reminders that a patient chose."""

from typing import Any

from django.db import transaction

from clinic.people.models.patient import Patient
from clinic.people.services.patients import update_patient
from clinic.trail.services.seen import Guard


@transaction.atomic
def update_preferences(
    *,
    patient: Patient,
    language: str,
    has_email_reminders: bool,
    has_sms_reminders: bool | None = None,
    refuse_stale: Guard | None = None,
) -> Patient:
    """Store a patient's choices: the language of pages and emails, and where reminders go."""
    user = patient.user
    assert user is not None
    chosen: dict[str, Any] = {"language": language, "has_email_reminders": has_email_reminders}
    # Not asked where the clinic sends no text messages.
    if has_sms_reminders is not None:
        chosen["has_sms_reminders"] = has_sms_reminders
    return update_patient(patient=patient, actor=user, refuse_stale=refuse_stale, **chosen)
