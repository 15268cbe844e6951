"""Open a record to its patient's account: by a code on paper, or in person."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from clinic.core.refusals import refusal_page
from clinic.core.throttle import is_too_often, too_often
from clinic.core.told_once import keep_to_tell, tell_once
from clinic.office.forms.record_access import RecordCodeForm
from clinic.people.models.patient import Patient
from clinic.people.models.record_code import LASTS
from clinic.people.permissions import can_see_own_record, can_see_portal, visible_patients
from clinic.people.services.patients import record_patient_view
from clinic.people.services.record_access import hand_out_code, open_in_person, open_own_record
from clinic.records.permissions import can_open_record, is_offered_opening, visits_today


@require_http_methods(["GET", "POST"])
def my_record_code(request: SignedInRequest) -> HttpResponse:
    """Ask the patient for the code on paper before showing the record for the first time."""
    user = request.user
    if not can_see_portal(user):
        raise PermissionDenied
    patient = get_object_or_404(visible_patients(user))
    if can_see_own_record(user):
        return redirect("diagnosis:my_record")
    if request.method == "POST" and is_too_often(request, "record_code", key=str(user.pk)):
        return too_often(request)
    form = RecordCodeForm(request.POST or None)
    if form.is_valid():
        try:
            open_own_record(patient=patient, user=user, code=form.cleaned_data["code"])
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Your record is open to you now."))
            return redirect("diagnosis:my_record")
    status = 422 if request.method == "POST" else 200
    return render(request, "clinic/office/my_record_code.html", {"form": form}, status=status)


@require_POST
def record_code_hand_out(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Create a new code and go to the page that shows it."""
    patient = _patient_here(request, pk)
    try:
        code = hand_out_code(patient=patient, doctor=request.user)
    except ValidationError as error:
        return refusal_page(request, error)
    keep_to_tell(request, _place_of(patient), code)
    return redirect("clinic:record_code", pk=patient.pk)


@require_GET
def record_code(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show a new code once, on a page to print and hand to the patient."""
    patient = _patient_here(request, pk)
    record_patient_view(patient=patient, actor=request.user)
    context = {
        "patient": patient,
        "visit": visits_today(request.user, patient).latest("started_at"),
        "code": tell_once(request, _place_of(patient)),
        "can_open_record": is_offered_opening(request.user, patient),
        "last_day": timezone.localdate() + LASTS,
        # As written in the invitation.
        "typed_at": request.build_absolute_uri(reverse("clinic:my_record_code")),
    }
    response = render(request, "clinic/office/record_code.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
def record_open(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Open the record because the doctor sees the patient in person."""
    patient = _patient_here(request, pk)
    try:
        open_in_person(patient=patient, doctor=request.user)
    except ValidationError as error:
        return refusal_page(request, error)
    messages.success(request, _("The patient can read the record now."))
    return redirect(patient)


def _place_of(patient: Patient) -> str:
    # By patient, because a doctor may print codes for two patients at once.
    return f"record_code:{patient.pk}"


def _patient_here(request: SignedInRequest, pk: UUID) -> Patient:
    patient = get_object_or_404(visible_patients(request.user), pk=pk)
    if not can_open_record(request.user, patient):
        raise PermissionDenied
    return patient
