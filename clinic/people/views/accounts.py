"""Pages of accounts, for people who manage them."""

from typing import Protocol
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from clinic.core.throttle import is_too_often, too_often
from clinic.people.ended import lead_back_from_ended
from clinic.people.forms.accounts import (
    AccountCreateForm,
    AccountEditForm,
    AccountFilterForm,
    AccountSearchForm,
    PortraitForm,
)
from clinic.people.forms.own_password import AsksOwnPassword, OwnPasswordForm
from clinic.people.forms.succession import DeactivationForm
from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.permissions import (
    can_invite_patient,
    can_manage_accounts,
    visible_patients,
    visible_portraits,
    visible_users,
)
from clinic.people.services.accounts import (
    AccountState,
    deactivate_account,
    state_of,
    update_account,
)
from clinic.people.services.invitations import (
    Invitation,
    invite_back,
    invite_patient,
    invite_person,
    send_invitation,
)
from clinic.people.services.patients import PossibleDuplicateError, record_patient_list
from clinic.people.services.profile import change_portrait, record_portrait_view
from clinic.people.services.second_factors import remove_second_factors
from clinic.people.services.sign_in_address import why_no_invitation
from clinic.people.services.succession import open_work
from clinic.trail.services.audit import record_wrong_own_password


@require_http_methods(["GET", "POST"])
def account_list(request: SignedInRequest) -> HttpResponse:
    """List accounts by role and state; searches are posted, to keep names out of addresses."""
    if not can_manage_accounts(request.user):
        raise PermissionDenied
    accounts = visible_users(request.user)
    filters = AccountFilterForm(request.GET)
    search = AccountSearchForm(request.POST or None)
    accounts = search.narrow(accounts) if search.is_valid() else filters.narrow(accounts)
    page = Paginator(accounts, settings.PAGE_SIZE).get_page(request.GET.get("page"))
    record_patient_list(actor=request.user, of="accounts", count=page.paginator.count)
    return render(
        request,
        "clinic/people/account_list.html",
        {
            "page_obj": page,
            "rows": [(account, state_of(account)) for account in page],
            "filters": filters,
            "search": search,
            "is_search": search.is_bound,
            "is_filtered": search.is_bound or any(request.GET.get(name) for name in filters.fields),
        },
    )


@require_http_methods(["GET", "POST"])
def account_create(request: SignedInRequest) -> HttpResponse:
    """Create an account of any role and email the link to set a password."""
    if not can_manage_accounts(request.user):
        raise PermissionDenied
    if _is_asked_too_often(request):
        return too_often(request)
    form = AccountCreateForm(request.POST or None, user=request.user)
    duplicates = []
    if form.is_valid():
        try:
            invitation = invite_person(
                actor=request.user, account=form.as_new_account(), site_url=_site_url(request)
            )
        except PossibleDuplicateError as error:
            add_errors(form, error)
            duplicates = error.patients
        except ValidationError as error:
            add_errors(form, error)
        else:
            return _after_invitation(request, invitation)
    _note_wrong_password(request, form)
    return render(
        request,
        "clinic/people/account_create.html",
        {"form": form, "duplicates": duplicates},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
def account_edit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show and change one account and its state."""
    account = _managed_account(request, pk)
    if away := _lead_to_ended_record(request, account):
        return away
    if request.POST.get("password") and _is_asked_too_often(request):
        return too_often(request)
    form = AccountEditForm(request.POST or None, account=account, user=request.user)
    if form.is_valid():
        try:
            update_account(
                actor=request.user,
                user=account,
                changes=form.as_changes(),
                refuse_stale=form.refuse_stale,
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The account is saved."))
            return redirect("clinic:account_edit", pk=account.pk)
    _note_wrong_password(request, form)
    return _account_page(request, account, form, status=422 if form.errors else 200)


@require_POST
def account_portrait(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Give an account another photograph, or none."""
    account = _managed_account(request, pk)
    if away := _lead_to_ended_record(request, account):
        return away
    form = PortraitForm(request.POST, request.FILES, user=account)
    is_valid = form.is_valid()
    portrait = form.cleaned_data.get("photograph")
    removes = form.cleaned_data.get("removes_photograph", False)
    if is_valid and not portrait and not removes:
        form.add_error("photograph", _("Choose a photograph."))
    elif is_valid:
        try:
            change_portrait(user=account, actor=request.user, portrait=portrait)
        except ValidationError as error:
            add_errors(form, error)
    if form.errors:
        edit = AccountEditForm(None, account=account, user=request.user)
        return _account_page(request, account, edit, portrait_form=form, status=422)
    messages.success(request, _("The account is saved."))
    return redirect("clinic:account_edit", pk=account.pk)


@require_http_methods(["GET", "POST"])
def account_deactivate(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Ask for confirmation, then deactivate the account; for a doctor, ask who takes over."""
    account = _managed_account(request, pk)
    if away := _lead_to_ended_record(request, account):
        return away
    doctor = Doctor.objects.filter(user=account).select_related("successor__user").first()
    sent = request.POST if request.method == "POST" else None
    form = DeactivationForm(sent, user=request.user, doctor=doctor)
    was_active = account.is_active
    if form.is_valid():
        try:
            deactivate_account(actor=request.user, user=account, **form.decided)
        except ValidationError as refusal:
            add_errors(form, refusal)
        else:
            return _deactivated(request, account, doctor, was_active=was_active)
    work = open_work(doctor) if doctor else None
    context = {
        "account": account,
        "doctor": doctor,
        "form": form,
        "work": work,
        "can_move_visits": bool(work and work.to_move),
    }
    status = 409 if form.errors else 200
    return render(request, "clinic/people/account_deactivate.html", context, status=status)


@require_http_methods(["GET", "POST"])
def account_reactivate(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Let a person back in, with an email to set a new password."""
    account = _managed_account(request, pk)
    if away := _lead_to_ended_record(request, account):
        return away
    if refused := _ask_own_password(request, account, "clinic/people/account_reactivate.html"):
        return refused
    return _invite(request, account, invite_back)


@require_http_methods(["GET", "POST"])
def account_second_factor(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Let somebody who lost the phone set up another second factor."""
    account = _managed_account(request, pk)
    page = "clinic/people/account_second_factor.html"
    if refused := _ask_own_password(request, account, page):
        return refused
    try:
        remove_second_factors(user=account, actor=request.user)
    except ValidationError as error:
        context = {"account": account, "form": None, "error": error.messages[0]}
        return render(request, page, context, status=409)
    messages.success(request, _("The second step is removed. The person is signed out."))
    return redirect("clinic:account_edit", pk=account.pk)


@require_POST
def account_invite(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Send the link to set a password again."""
    return _invite(request, _managed_account(request, pk), send_invitation)


@require_POST
def patient_invite(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Give a registered patient a login, or send the link again."""
    patient = get_object_or_404(visible_patients(request.user), pk=pk)
    if not can_invite_patient(request.user, patient):
        raise PermissionDenied
    try:
        invitation = invite_patient(
            actor=request.user, patient=patient, site_url=_site_url(request)
        )
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        _say_what_became_of(request, invitation)
    return redirect(patient)


@require_GET
def account_photograph(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show a person's portrait to those who may see it."""
    account = get_object_or_404(visible_portraits(request.user), pk=pk)
    record_portrait_view(actor=request.user, user=account)
    with account.photograph.open("rb") as portrait:
        return HttpResponse(
            portrait.read(),
            content_type="image/jpeg",
            headers={"Cache-Control": "private, no-store"},
        )


def _deactivated(
    request: SignedInRequest, account: User, doctor: Doctor | None, *, was_active: bool
) -> HttpResponse:
    """Go to the list, or stay if there are visits to move."""
    if not was_active:
        messages.success(request, _("The changes are saved."))
        return redirect("clinic:account_edit", pk=account.pk)
    messages.success(request, _("The account is deactivated. The person is signed out."))
    if doctor is not None and open_work(doctor).visits_to_come:
        return redirect("clinic:account_deactivate", pk=account.pk)
    return redirect("clinic:account_list")


def _managed_account(request: SignedInRequest, pk: UUID) -> User:
    account = get_object_or_404(visible_users(request.user), pk=pk)
    if not can_manage_accounts(request.user):
        raise PermissionDenied
    return account


def _lead_to_ended_record(request: SignedInRequest, account: User) -> HttpResponse | None:
    """Redirect instead of opening a form for an account that ended with its record."""
    return lead_back_from_ended(request, Patient.objects.ended().filter(user=account).first())


def _ask_own_password(
    request: SignedInRequest, account: User, template: str
) -> HttpResponse | None:
    """Ask for the admin's own password; return nothing once it was given."""
    if _is_asked_too_often(request):
        return too_often(request)
    form = OwnPasswordForm(request.POST or None, user=request.user)
    if form.is_valid():
        return None
    _note_wrong_password(request, form)
    context = {"account": account, "form": form, "error": ""}
    return render(request, template, context, status=422 if request.method == "POST" else 200)


def _is_asked_too_often(request: SignedInRequest) -> bool:
    return request.method == "POST" and is_too_often(
        request, "own_password", key=str(request.user.pk)
    )


def _note_wrong_password(request: SignedInRequest, form: AsksOwnPassword) -> None:
    if form.is_password_wrong:
        record_wrong_own_password(request.user)


def _account_page(
    request: SignedInRequest,
    account: User,
    form: AccountEditForm,
    *,
    portrait_form: PortraitForm | None = None,
    status: int,
) -> HttpResponse:
    state = state_of(account)
    patient = visible_patients(request.user).filter(user=account).first()
    is_invited = state == AccountState.INVITED
    context = {
        "account": account,
        "form": form,
        "portrait_form": portrait_form or PortraitForm(user=account),
        "can_see_portrait": visible_portraits(request.user).filter(pk=account.pk).exists(),
        "state": state,
        "doctor": Doctor.objects.filter(user=account).select_related("successor__user").first(),
        "patient": patient,
        "is_invited": is_invited,
        "no_invitation": why_no_invitation(patient, actor=request.user)
        if patient is not None and is_invited
        else "",
        "has_second_factor": is_mfa_enabled(account),
    }
    return render(request, "clinic/people/account_edit.html", context, status=status)


def _site_url(request: HttpRequest) -> str:
    return request.build_absolute_uri("/")


class _Inviting(Protocol):
    def __call__(self, *, actor: User, user: User, site_url: str) -> Invitation: ...


def _invite(request: SignedInRequest, account: User, invite: _Inviting) -> HttpResponse:
    try:
        invitation = invite(actor=request.user, user=account, site_url=_site_url(request))
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return _account_page(
            request, account, AccountEditForm(account=account, user=request.user), status=409
        )
    return _after_invitation(request, invitation)


def _after_invitation(request: SignedInRequest, invitation: Invitation) -> HttpResponse:
    """Go back to the list, or to the page that offers to send the email again."""
    _say_what_became_of(request, invitation)
    if invitation.is_sent:
        return redirect("clinic:account_list")
    return redirect("clinic:account_edit", pk=invitation.user.pk)


def _say_what_became_of(request: SignedInRequest, invitation: Invitation) -> None:
    # No names: messages stay in the browser until a page shows them.
    if invitation.is_sent:
        messages.success(
            request, _("The account is ready. A link to set a password has been sent by email.")
        )
    else:
        messages.warning(
            request,
            _("The account is ready, but the email could not be sent. Send it again later."),
        )
