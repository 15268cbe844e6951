"""Patients register themselves, where the clinic allows it: address, code, personal data."""

from uuid import UUID

from allauth.account.utils import perform_login
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clinic.core.forms import add_errors
from clinic.core.models.clinic_settings import ClinicSettings
from clinic.core.throttle import is_too_often, too_often
from clinic.people.consent_texts import DOCUMENT_VERSION, consent_words
from clinic.people.forms.sign_up import SignUpCodeForm, SignUpDetailsForm, SignUpForm
from clinic.people.models.consent import Consent
from clinic.people.models.sign_up import SignUpCode
from clinic.people.services.sign_up import (
    CodeSpentError,
    check_code,
    complete_sign_up,
    find_verified,
    start_sign_up,
)

# Which code the browser is waiting for; the address and the digits stay on the server.
CODE_KEY = "sign_up_code"


@login_not_required
@require_http_methods(["GET", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Ask for the address; only the email says whether it already has an account."""
    if elsewhere := _elsewhere(request):
        return elsewhere
    form = SignUpForm(request.POST or None)
    if form.is_valid():
        email = form.cleaned_data["email"].lower()
        if is_too_often(request, "sign_up", key=email):
            return too_often(request)
        links = {
            "login_url": request.build_absolute_uri(reverse("account_login")),
            "reset_url": request.build_absolute_uri(reverse("account_reset_password")),
        }
        try:
            code = start_sign_up(email=email, links=links)
        except ValidationError as error:
            add_errors(form, error)
        else:
            request.session[CODE_KEY] = str(code.pk)
            return redirect("clinic:sign_up_code")
    status = 422 if request.method == "POST" else 200
    return render(request, "account/signup.html", {"form": form}, status=status)


@login_not_required
@require_http_methods(["GET", "POST"])
def sign_up_code(request: HttpRequest) -> HttpResponse:
    """Ask for the six digits from the email."""
    if elsewhere := _elsewhere(request):
        return elsewhere
    code = _awaited(request)
    if code is None:
        return redirect("account_signup")
    if find_verified(code.pk):
        return redirect("clinic:sign_up_details")
    form = SignUpCodeForm(request.POST or None)
    if form.is_valid():
        try:
            check_code(code_id=code.pk, code=form.cleaned_data["code"])
        except CodeSpentError as error:
            request.session.pop(CODE_KEY, None)
            fresh = SignUpForm(initial={"email": code.email})
            context = {"form": fresh, "refusal": " ".join(error.messages)}
            return render(request, "account/signup.html", context, status=422)
        except ValidationError as error:
            add_errors(form, error)
        else:
            # A session from before the address was proved is now useless.
            request.session.cycle_key()
            return redirect("clinic:sign_up_details")
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "email": code.email}
    return render(request, "account/signup_code.html", context, status=status)


@login_not_required
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "POST"])
def sign_up_details(request: HttpRequest) -> HttpResponse:
    """Ask for identity and consent to care, then sign the person in."""
    if elsewhere := _elsewhere(request):
        return elsewhere
    awaited = _awaited(request)
    code = find_verified(awaited.pk) if awaited else None
    if code is None:
        return redirect("account_signup")
    form = SignUpDetailsForm(request.POST or None, email=code.email)
    if request.POST.get("record_code") and is_too_often(request, "record_code", key=code.email):
        return too_often(request)
    if form.is_valid():
        try:
            user = complete_sign_up(code=code, person=form.person())
        except ValidationError as error:
            add_errors(form, error)
        else:
            request.session.pop(CODE_KEY, None)
            response: HttpResponse = perform_login(request, user, signup=True)
            return response
    context = {
        "form": form,
        "email": code.email,
        "care": consent_words(Consent.Purpose.CARE, language=get_language()),
        "version": DOCUMENT_VERSION,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "account/signup_details.html", context, status=status)


def _elsewhere(request: HttpRequest) -> HttpResponse | None:
    """Answer somebody who is already signed in, or who finds sign-up closed."""
    if request.user.is_authenticated:
        return redirect("home")
    if not ClinicSettings.objects.current().is_sign_up_open:
        return render(request, "account/signup_closed.html")
    return None


def _awaited(request: HttpRequest) -> SignUpCode | None:
    key = request.session.get(CODE_KEY)
    return SignUpCode.objects.filter(pk=UUID(key)).first() if key else None
