"""The lists that doctors choose from, for those who manage them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from clinic.core.lists import listed
from clinic.core.models.translated import other_languages
from clinic.office.permissions import can_manage_settings
from clinic.records.forms.catalogue import CatalogueNameForm
from clinic.records.models.catalogue import BodySite, Symptom
from clinic.records.services.catalogue import (
    CatalogueEntry,
    add_symptom,
    move_symptom,
    offer_entry,
    rename_entry,
)

STEPS = {"up": -1, "down": 1}


@require_GET
def symptom_list(request: SignedInRequest) -> HttpResponse:
    """List every symptom in the order in which doctors see them."""
    _ask_permission(request)
    context = {"rows": _rows(list(Symptom.objects.all()))}
    return render(request, "clinic/office/symptom_list.html", context)


@require_http_methods(["GET", "POST"])
def symptom_create(request: SignedInRequest) -> HttpResponse:
    """Add a symptom at the end of the list."""
    _ask_permission(request)
    form = CatalogueNameForm(request.POST or None)
    if form.is_valid():
        try:
            add_symptom(
                actor=request.user,
                name=form.cleaned_data["name"],
                translations=form.translations,
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The symptom is added."))
            return redirect("clinic:symptom_list")
    return _edit_page(request, form, None, "symptom")


@require_http_methods(["GET", "POST"])
def symptom_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Edit a symptom's name, and whether it is offered to doctors."""
    _ask_permission(request)
    return _edit(request, get_object_or_404(Symptom, pk=pk), "symptom")


@require_POST
def symptom_move(request: SignedInRequest, pk: int) -> HttpResponse:
    """Move a symptom one step up or down the list."""
    _ask_permission(request)
    symptom = get_object_or_404(Symptom, pk=pk)
    steps = STEPS.get(request.POST.get("direction", ""), 0)
    move_symptom(actor=request.user, symptom=symptom, steps=steps)
    return redirect("clinic:symptom_list")


@require_POST
def symptom_offer(request: SignedInRequest, pk: int) -> HttpResponse:
    """Offer a symptom, or stop offering it."""
    _ask_permission(request)
    return _offer(request, get_object_or_404(Symptom, pk=pk), "symptom")


@require_GET
def body_site_list(request: SignedInRequest) -> HttpResponse:
    """List every body site in the order in which doctors see them."""
    _ask_permission(request)
    context = {"rows": _rows(list(BodySite.objects.all()))}
    return render(request, "clinic/office/body_site_list.html", context)


@require_http_methods(["GET", "POST"])
def body_site_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Edit a body site's name, and whether it is offered to doctors."""
    _ask_permission(request)
    return _edit(request, get_object_or_404(BodySite, pk=pk), "body_site")


@require_POST
def body_site_offer(request: SignedInRequest, pk: int) -> HttpResponse:
    """Offer a body site, or stop offering it."""
    _ask_permission(request)
    return _offer(request, get_object_or_404(BodySite, pk=pk), "body_site")


def _ask_permission(request: SignedInRequest) -> None:
    if not can_manage_settings(request.user):
        raise PermissionDenied


def _rows(entries: list[Symptom] | list[BodySite]) -> list[tuple[CatalogueEntry, str, str]]:
    """Return each row with its names in other languages, and the languages it lacks."""
    return [
        (
            entry,
            " · ".join(
                entry.translations[code]["name"]
                for code, _name in other_languages()
                if code in entry.translations
            ),
            listed(
                language for code, language in other_languages() if code not in entry.translations
            ),
        )
        for entry in entries
    ]


def _edit(request: SignedInRequest, entry: CatalogueEntry, stem: str) -> HttpResponse:
    form = CatalogueNameForm(request.POST or None, entry=entry)
    if form.is_valid():
        try:
            rename_entry(
                actor=request.user,
                entry=entry,
                name=form.cleaned_data["name"],
                translations=form.translations,
                refuse_stale=form.refuse_stale,
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The names are saved."))
            return redirect(f"clinic:{stem}_list")
    return _edit_page(request, form, entry, stem)


def _edit_page(
    request: SignedInRequest, form: CatalogueNameForm, entry: CatalogueEntry | None, stem: str
) -> HttpResponse:
    context = {"form": form, "entry": entry, "list_url": reverse(f"clinic:{stem}_list")}
    status = 422 if form.errors else 200
    return render(request, f"clinic/office/{stem}_edit.html", context, status=status)


def _offer(request: SignedInRequest, entry: CatalogueEntry, stem: str) -> HttpResponse:
    is_active = request.POST.get("is_active") == "1"
    offer_entry(actor=request.user, entry=entry, is_active=is_active)
    messages.success(
        request,
        _("Doctors can choose it again.")
        if is_active
        else _("Doctors can no longer choose it. Records that use it keep it."),
    )
    return redirect(f"clinic:{stem}_list")
