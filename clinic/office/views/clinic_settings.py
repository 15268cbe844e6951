"""The clinic's settings: admins change them, the desk reads them."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import BoundField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.core.clinic_settings import read_stored_logo
from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from clinic.core.models.clinic_settings import ClinicSettings
from clinic.office.forms.clinic_settings import GROUPS, ClinicSettingsForm, LogoForm
from clinic.office.permissions import can_manage_settings, can_read_settings
from clinic.office.services.clinic_settings import (
    SettingsChangedError,
    change_clinic_settings,
    change_logo,
)
from clinic.office.services.record_endings import record_endings_view
from clinic.office.services.settings_effects import Effect, effects_of, in_words, label_of
from clinic.people.models.record_ending import RetentionProposal

TITLES: dict[str, str | Promise] = {
    "clinic": gettext_lazy("The clinic"),
    "clock": gettext_lazy("Clock and languages"),
    "visits": gettext_lazy("Visits"),
    "reminders": gettext_lazy("Reminders"),
    "portal": gettext_lazy("What patients do themselves"),
    "records": gettext_lazy("Records"),
}
A_YEAR = 365 * 24 * 3600  # seconds


@dataclass(frozen=True)
class Fact:
    """One setting for those who can only read it."""

    label: str
    words: str


@dataclass(frozen=True)
class Group:
    """Related settings: as form fields, or as facts for those who can only read."""

    key: str
    title: str | Promise
    fields: list[BoundField]
    facts: list[Fact]


@require_http_methods(["GET", "POST"])
def clinic_settings(request: SignedInRequest) -> HttpResponse:
    """Show and change the clinic's settings, in groups."""
    may_change = can_manage_settings(request.user)
    if not can_read_settings(request.user) or (request.method == "POST" and not may_change):
        raise PermissionDenied
    clinic = ClinicSettings.objects.current()
    form = ClinicSettingsForm(request.POST or None, clinic=clinic)
    if not form.is_valid():
        return _page(request, form, status=422 if form.errors else 200)
    try:
        change_clinic_settings(
            actor=request.user, version=form.cleaned_data["version"], values=form.values
        )
    except SettingsChangedError as conflict:
        return _conflict_page(request, form, conflict)
    except ValidationError as error:
        add_errors(form, error)
        return _page(request, form, status=422)
    years = form.values["retention_years"]
    if isinstance(years, int) and years < ClinicSettings.objects.current().retention_years:
        messages.warning(
            request,
            _("The settings are saved. The shorter retention period has to be confirmed."),
        )
        return redirect("clinic:record_endings")
    messages.success(request, _("The settings are saved."))
    return redirect("clinic:clinic_settings")


@require_POST
def clinic_settings_preview(request: SignedInRequest) -> HttpResponse:
    """Show what the values in the form would change, in words; nothing is stored."""
    if not can_manage_settings(request.user):
        raise PermissionDenied
    clinic = ClinicSettings.objects.current()
    form = ClinicSettingsForm(request.POST, clinic=clinic)
    form.is_valid()
    effects = effects_of(clinic, form.values)
    if named := sum(len(effect.people) for effect in effects):
        record_endings_view(actor=request.user, count=named)
    refused = [form[name] for name in form.errors if name in form.fields]
    context = {"effects": effects, "refused": refused}
    return render(request, "clinic/office/partials/settings_effects.html", context)


@require_POST
def clinic_settings_logo(request: SignedInRequest) -> HttpResponse:
    """Store a new logo, or remove the logo."""
    if not can_manage_settings(request.user):
        raise PermissionDenied
    if "removes_logo" in request.POST:
        change_logo(actor=request.user, png=None)
        messages.success(request, _("The logo is removed."))
        return redirect("clinic:clinic_settings")
    logo_form = LogoForm(request.POST, request.FILES)
    if logo_form.is_valid():
        try:
            change_logo(actor=request.user, png=logo_form.cleaned_data["logo"])
        except ValidationError as error:
            add_errors(logo_form, error)
        else:
            messages.success(request, _("The logo is saved."))
            return redirect("clinic:clinic_settings")
    form = ClinicSettingsForm(clinic=ClinicSettings.objects.current())
    return _page(request, form, logo_form=logo_form, status=422)


@login_not_required
@require_safe
def clinic_logo(request: HttpRequest) -> HttpResponse:
    """Show the clinic's logo, which is public: it is on the sign-in page."""
    logo = read_stored_logo()
    if logo is None:
        raise Http404
    # A new logo gets a new address.
    headers = {"Cache-Control": f"public, max-age={A_YEAR}, immutable"}
    return HttpResponse(logo, content_type="image/png", headers=headers)


def _page(
    request: SignedInRequest,
    form: ClinicSettingsForm,
    *,
    logo_form: LogoForm | None = None,
    conflict: SettingsChangedError | None = None,
    differences: list[Effect] | None = None,
    status: int,
) -> HttpResponse:
    clinic = ClinicSettings.objects.current()
    groups = [
        Group(
            key=key,
            title=TITLES[key],
            fields=[form[name] for name in names],
            facts=[Fact(label_of(name), in_words(name, getattr(clinic, name))) for name in names],
        )
        for key, names in GROUPS.items()
    ]
    context = {
        "form": form,
        "logo_form": logo_form or LogoForm(),
        "groups": groups,
        "may_change": can_manage_settings(request.user),
        "proposal": RetentionProposal.objects.waiting().first(),
        "conflict": conflict and conflict.messages[0],
        "differences": differences or [],
        "effects": effects_of(clinic, form.values) if form.is_bound else [],
    }
    return render(request, "clinic/office/clinic_settings.html", context, status=status)


def _conflict_page(
    request: SignedInRequest, form: ClinicSettingsForm, conflict: SettingsChangedError
) -> HttpResponse:
    """Show both versions; the next click stores what was typed."""
    ClinicSettings.objects.forget()
    stored = ClinicSettings.objects.current()
    differences = effects_of(stored, form.values)
    again = request.POST.copy()
    again["version"] = str(stored.version)
    kept = ClinicSettingsForm(again, clinic=stored)
    kept.is_valid()
    return _page(request, kept, conflict=conflict, differences=differences, status=409)
