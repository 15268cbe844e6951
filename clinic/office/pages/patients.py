"""The page of a patient."""

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from clinic.core.http import SignedInRequest
from clinic.people.forms.patients import (
    ConsentForm,
)
from clinic.people.models.consent import Consent
from clinic.people.models.patient import Patient
from clinic.people.pages import consent_states
from clinic.people.permissions import (
    can_edit_patient,
    can_invite_patient,
    can_record_consent,
    can_see_access,
    reads_visible_records,
)
from clinic.people.services.accounts import AccountState, state_of
from clinic.people.services.consents import past_uses
from clinic.people.services.sign_in_address import why_no_invitation
from clinic.records.allergy_bar import allergy_bar_of
from clinic.records.models.consultation import Consultation
from clinic.records.permissions import (
    document_categories,
    is_offered_opening,
    visible_consultations,
)
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.permissions import can_run_desk, visible_appointments
from clinic.scheduling.services.no_shows import count_no_shows

TIMELINE_SIZE = 10


def patient_page(
    request: SignedInRequest,
    patient: Patient,
    *,
    consent_form: ConsentForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Return the patient's page, with the errors of a refused consent."""
    user = request.user
    login_state = state_of(patient.user) if patient.user else None
    upcoming, past = _appointments(request, patient)
    is_treating = reads_visible_records(user)
    is_written = not patient.has_ended
    can_invite = (
        is_written
        and can_invite_patient(user, patient)
        and login_state not in {AccountState.ACTIVE, AccountState.DEACTIVATED}
    )
    context = {
        "patient": patient,
        "upcoming": upcoming,
        "page_obj": past,
        "consents": consent_states(patient),
        "past_uses": past_uses(patient=patient, purpose=Consent.Purpose.TRAINING)
        if can_run_desk(user)
        else (),
        "consent_form": consent_form or ConsentForm(),
        "login_state": login_state,
        "sign_in_email": _other_sign_in_email(patient),
        "no_shows": count_no_shows(patient),
        "can_book": is_written and can_run_desk(user),
        "can_edit": is_written and can_edit_patient(user, patient),
        "can_record_consent": is_written and can_record_consent(user, patient),
        "can_invite": can_invite,
        "no_invitation": why_no_invitation(patient, actor=user) if can_invite else "",
        "can_open_record": is_offered_opening(user, patient),
        "can_read_documents": bool(document_categories(user)),
        "can_see_access": can_see_access(user, patient),
        "can_see_visits": is_treating,
        "allergy_bar": allergy_bar_of(patient) if is_treating else None,
        "timeline": _timeline(request, patient),
    }
    return render(request, "clinic/office/patient_detail.html", context, status=status)


def _other_sign_in_email(patient: Patient) -> str:
    """Return the patient's sign-in address if the record has a different one."""
    email = patient.user.email if patient.user and not patient.has_ended else ""
    return email if email.lower() != patient.email.lower() else ""


def _appointments(
    request: SignedInRequest, patient: Patient
) -> tuple[list[Appointment], Page[Appointment]]:
    appointments = (
        visible_appointments(request.user)
        .filter(patient=patient)
        .telling_wishes()
        .select_related("doctor__user", "visit_type", "request__wished_doctor")
    )
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    asked_for = (Appointment.Status.REQUESTED, Appointment.Status.WAITLIST)
    is_open = Q(starts_at__gte=today, status__in=Appointment.SLOT_STATUSES) | Q(
        status__in=asked_for
    )
    upcoming = appointments.filter(is_open)
    others = appointments.exclude(is_open).order_by("-starts_at")
    page = Paginator(others, settings.PAGE_SIZE).get_page(request.GET.get("page"))
    return list(upcoming), page


def _timeline(request: SignedInRequest, patient: Patient) -> Page[Consultation]:
    visits = (
        visible_consultations(request.user)
        .filter(patient=patient)
        .select_related("doctor__user", "appointment__visit_type", "prescription")
    )
    return Paginator(visits, TIMELINE_SIZE).get_page(request.GET.get("timeline"))
