"""The register of patients for the desk, admins and doctors."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from clinic.core.redirects import next_or
from clinic.people.ended import lead_back_from_ended
from clinic.people.forms.patients import (
    CorrectionForm,
    PatientSearchForm,
    RegistrationForm,
)
from clinic.people.models.patient import Patient
from clinic.people.patient_search import patient_options
from clinic.people.permissions import (
    can_edit_patient,
    can_open_in_emergency,
    can_register_patients,
    can_see_patient_list,
    visible_patients,
)
from clinic.people.services.patients import (
    PossibleDuplicateError,
    record_patient_list,
    record_patient_search,
    record_patient_view,
    register_patient,
    update_patient,
)
from clinic.people.services.register_search import find_patients

# What was typed stays in the session on the server: a name in an address would end up in logs.
SEARCH_KEY = "patient_search"


@require_http_methods(["GET", "POST"])
def patient_list(request: SignedInRequest) -> HttpResponse:
    """List patients by name; searches are posted, to keep names out of addresses."""
    if not can_see_patient_list(request.user):
        raise PermissionDenied
    if request.method == "POST":
        return _search(request)
    text = request.session.get(SEARCH_KEY, "") if "search" in request.GET else ""
    return _list_page(request, text)


@require_POST
def patient_find(request: SignedInRequest) -> HttpResponse:
    """Show the first few matches of the search in the top bar, with links to their pages."""
    if not can_see_patient_list(request.user):
        raise PermissionDenied
    form = PatientSearchForm(request.POST)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    context = {"found": patient_options(request, text), "is_search": bool(text.strip())}
    return render(request, "clinic/people/partials/patient_found.html", context)


@require_http_methods(["GET", "POST"])
def patient_register(request: SignedInRequest) -> HttpResponse:
    """Register a patient, unless the register already has them."""
    if not can_register_patients(request.user):
        raise PermissionDenied
    form = RegistrationForm(request.POST or None)
    duplicates: list[Patient] = []
    if form.is_valid():
        try:
            patient = register_patient(
                actor=request.user,
                duplicate_reason=form.cleaned_data["duplicate_reason"],
                consents=form.consents(),
                **form.identity(),
            )
        except PossibleDuplicateError as error:
            duplicates = error.patients
            # The field appears only after the similar patients have been shown.
            if "duplicate_reason" in request.POST:
                form.add_error("duplicate_reason", _("Say in a few words why."))
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The patient is registered."))
            return redirect(_go_on_with(request, patient))
    context = {
        "form": form,
        "next": next_or(request, ""),
        "duplicates": [(patient, _go_on_with(request, patient)) for patient in duplicates],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "clinic/people/patient_register.html", context, status=status)


@require_http_methods(["GET", "POST"])
def patient_edit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Edit a patient's identity and contact details."""
    patient = get_object_or_404(visible_patients(request.user), pk=pk)
    if not can_edit_patient(request.user, patient):
        raise PermissionDenied
    if away := lead_back_from_ended(request, patient):
        return away
    if request.method == "GET":
        record_patient_view(patient=patient, actor=request.user)
    form = CorrectionForm(request.POST or None, patient=patient)
    duplicates: list[Patient] = []
    if form.is_valid():
        try:
            update_patient(
                patient=patient,
                actor=request.user,
                refuse_stale=form.refuse_stale,
                told_apart=form.told_apart if can_register_patients(request.user) else None,
                **form.corrected,
            )
        except PossibleDuplicateError as error:
            duplicates = error.patients
            form.ask_why()
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The changes are saved."))
            return redirect(patient)
    context = {
        "form": form,
        "patient": patient,
        "duplicates": [(each, each.get_absolute_url()) for each in duplicates],
    }
    status = 422 if form.errors else 200
    return render(request, "clinic/people/patient_edit.html", context, status=status)


def _search(request: SignedInRequest) -> HttpResponse:
    form = PatientSearchForm(request.POST)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    if request.htmx.target == "patient-options":
        context = {
            "options": patient_options(request, text),
            "is_search": bool(text),
            "patient": None,
        }
        return render(request, "clinic/people/partials/patient_options.html", context)
    request.session[SEARCH_KEY] = text
    if request.htmx:
        return _list_page(request, text)
    return redirect(reverse("clinic:patient_list", query={"search": 1} if text else None))


def _list_page(request: SignedInRequest, text: str) -> HttpResponse:
    patients = find_patients(among=visible_patients(request.user), text=text)
    page = Paginator(patients, settings.PAGE_SIZE).get_page(request.GET.get("page"))
    if text:
        record_patient_search(actor=request.user, count=page.paginator.count)
    else:
        record_patient_list(actor=request.user, of="patients", count=page.paginator.count)
    context = {
        "page_obj": page,
        "q": text,
        "is_search": bool(text),
        "can_register": can_register_patients(request.user),
        "can_open_in_emergency": can_open_in_emergency(request.user),
    }
    template = "partials/patient_rows.html" if request.htmx else "patient_list.html"
    return render(request, f"clinic/people/{template}", context)


def _go_on_with(request: SignedInRequest, patient: Patient) -> str:
    """Return where the desk continues with a patient."""
    wanted = next_or(request, "")
    if not wanted:
        return patient.get_absolute_url()
    return f"{wanted}{'&' if '?' in wanted else '?'}patient={patient.pk}"
