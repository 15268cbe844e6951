"""What the forms of an ended record show: they do not open."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from clinic.core.http import SignedInRequest
from clinic.people.models.patient import Patient
from clinic.people.permissions import visible_patients
from clinic.people.services.ended_records import RECORD_ENDED


def lead_back_from_ended(request: SignedInRequest, patient: Patient | None) -> HttpResponse | None:
    """Redirect from a form of an ended record to the record, with the reason.

    Text typed before the record ended is refused by the services and stays on the page.
    """
    if request.method != "GET" or patient is None or not patient.has_ended:
        return None
    messages.warning(request, str(RECORD_ENDED))
    return redirect(patient)


def ended_patient(request: SignedInRequest, key: str) -> Patient | None:
    """Return the patient named in an address, if the record has ended and may be seen."""
    try:
        pk = UUID(key)
    except ValueError:
        return None
    return visible_patients(request.user).filter(pk=pk, pseudonymised_at__isnull=False).first()
