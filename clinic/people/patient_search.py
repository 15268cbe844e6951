"""The few patients who match what somebody types."""

from clinic.core.http import SignedInRequest
from clinic.people.models.patient import Patient
from clinic.people.permissions import (
    visible_patients,
)
from clinic.people.services.patients import record_patient_search
from clinic.people.services.register_search import find_patients

OPTIONS = 8


def patient_options(request: SignedInRequest, text: str) -> list[Patient]:
    """Return the first few patients who match the typed text, for a form to choose from."""
    if not text.strip():
        return []
    found = find_patients(among=visible_patients(request.user), text=text)[:OPTIONS]
    record_patient_search(actor=request.user, count=len(found))
    return list(found)
