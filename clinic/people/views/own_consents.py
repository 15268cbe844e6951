"""A patient's own consents, language and reminders."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from clinic.people.consent_texts import consent_words
from clinic.people.forms.preferences import PreferencesForm
from clinic.people.models.consent import Consent
from clinic.people.models.patient import Patient
from clinic.people.pages import consent_states
from clinic.people.permissions import can_manage_own_consents, can_see_own_record, visible_patients
from clinic.people.services.consents import PastUse, give_consent, past_uses, withdraw_consent
from clinic.people.services.preferences import update_preferences


@require_GET
def my_consents(request: SignedInRequest) -> HttpResponse:
    """Show every purpose in plain words, with what the patient agreed to and when."""
    patient = _own_patient(request)
    return _page(request, patient, PreferencesForm(patient=patient))


@require_POST
def my_preferences(request: SignedInRequest) -> HttpResponse:
    """Store the language and where reminders go."""
    patient = _own_patient(request)
    form = PreferencesForm(request.POST, patient=patient)
    if form.is_valid():
        try:
            update_preferences(patient=patient, refuse_stale=form.refuse_stale, **form.chosen)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Your choice is saved."))
            return redirect("clinic:my_consents")
    return _page(request, patient, form, status=422)


@require_POST
def my_consent_give(request: SignedInRequest, purpose: str) -> HttpResponse:
    """Agree to a purpose from now on."""
    patient = _own_patient(request)
    give_consent(
        patient=patient,
        purpose=_known(purpose),
        method=Consent.Method.PORTAL,
        actor=request.user,
    )
    messages.success(request, _("Thank you. Your consent is recorded."))
    return redirect("clinic:my_consents")


@require_http_methods(["GET", "POST"])
def my_consent_withdraw(request: SignedInRequest, purpose: str) -> HttpResponse:
    """Ask for confirmation, then end the consent at once."""
    patient = _own_patient(request)
    consent = Consent.objects.active().filter(patient=patient, purpose=_known(purpose)).first()
    if consent is None:
        return redirect("clinic:my_consents")
    if request.method == "GET":
        context = {
            "consent": consent,
            "words": consent_words(purpose, language=get_language()),
            "past_uses": _past_uses(request, patient, purpose),
        }
        return render(request, "clinic/people/my_consent_withdraw.html", context)
    withdraw_consent(consent=consent, actor=request.user)
    messages.success(request, _("Your consent is withdrawn. It ends now."))
    return redirect("clinic:my_consents")


def _own_patient(request: SignedInRequest) -> Patient:
    if not can_manage_own_consents(request.user):
        raise PermissionDenied
    return get_object_or_404(visible_patients(request.user).select_related("user"))


def _past_uses(request: SignedInRequest, patient: Patient, purpose: str) -> list[PastUse]:
    """Return what was made from the record, if the patient may read it."""
    can_see = can_see_own_record(request.user)
    return past_uses(patient=patient, purpose=purpose) if can_see else []


def _known(purpose: str) -> str:
    if purpose not in Consent.Purpose.values:
        raise Http404
    return purpose


def _page(
    request: SignedInRequest, patient: Patient, form: PreferencesForm, *, status: int = 200
) -> HttpResponse:
    language = get_language()
    context = {
        "consents": [
            (state, consent_words(state.purpose, language=language))
            for state in consent_states(patient)
        ],
        "past_uses": _past_uses(request, patient, Consent.Purpose.TRAINING),
        "form": form,
        "patient": patient,
    }
    return render(request, "clinic/people/my_consents.html", context, status=status)
