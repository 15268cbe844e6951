from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.core.http import SignedInRequest
from clinic.core.lists import listed
from clinic.core.redirects import next_or
from clinic.office.pages.patients import patient_page
from clinic.people.forms.patients import ConsentForm
from clinic.people.models.consent import Consent
from clinic.people.models.patient import Patient
from clinic.people.permissions import can_record_consent, visible_patients
from clinic.people.services.consents import give_consent, past_uses, withdraw_consent


@require_POST
def consent_record(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Record that a patient agrees to a purpose."""
    patient = get_object_or_404(visible_patients(request.user).select_related("user"), pk=pk)
    if not can_record_consent(request.user, patient):
        raise PermissionDenied
    form = ConsentForm(request.POST)
    if not form.is_valid():
        return patient_page(request, patient, consent_form=form, status=422)
    give_consent(patient=patient, actor=request.user, **form.cleaned_data)
    messages.success(request, _("The consent is recorded."))
    return redirect(_back(request, patient))


@require_POST
def consent_withdraw(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """End a consent from now on."""
    consents = Consent.objects.filter(patient__in=visible_patients(request.user))
    consent = get_object_or_404(consents.select_related("patient"), pk=pk)
    if not can_record_consent(request.user, consent.patient):
        raise PermissionDenied
    withdraw_consent(consent=consent, actor=request.user)
    messages.success(request, _("The consent is withdrawn."))
    if uses := past_uses(patient=consent.patient, purpose=consent.purpose):
        days = listed(date_format(timezone.localtime(use.made_at), "DATE_FORMAT") for use in uses)
        messages.warning(
            request,
            _("Photographs are in collections made before, which cannot be called back: %(days)s.")
            % {"days": days},
        )
    return redirect(_back(request, consent.patient))


def _back(request: SignedInRequest, patient: Patient) -> str:
    page = reverse("clinic:patient_detail", args=[patient.pk], fragment="consents")
    return next_or(request, page)
