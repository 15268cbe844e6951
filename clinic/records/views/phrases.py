"""Templates for notes and prescriptions: the menu in a visit, and the page to manage them."""

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import F, OuterRef, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from clinic.people.models.user import User
from clinic.records.drugs.suggestions import suggestions
from clinic.records.drugs.table import drug_table
from clinic.records.forms.phrases import (
    TemplateNameForm,
    TemplateNotesForm,
    TemplateVersionForm,
)
from clinic.records.forms.prescriptions import BaseLineFormSet, line_formset
from clinic.records.models.phrase import WritingTemplate, WritingTemplateVersion
from clinic.records.permissions import (
    can_change_template,
    can_insert_templates,
    can_manage_templates,
    can_own_template,
    visible_templates,
)
from clinic.records.services.phrases import (
    Content,
    archive_template,
    change_template,
    create_template,
    lines_of,
    notes_content,
    prescription_content,
)

Kind = WritingTemplate.Kind
VERSIONS = 25
Words = TemplateNotesForm | BaseLineFormSet


@require_GET
def template_menu(request: SignedInRequest, kind: str) -> HttpResponse:
    """Show the phrases that a doctor can insert, their own first."""
    if not can_insert_templates(request.user):
        raise PermissionDenied
    return _menu(request, _kind(kind), TemplateNameForm(auto_id=f"keep_{kind}_%s"))


@require_POST
def template_keep(request: SignedInRequest, kind: str) -> HttpResponse:
    """Keep the contents of the visit's form as a template."""
    if not can_insert_templates(request.user):
        raise PermissionDenied
    name_form = TemplateNameForm(request.POST, auto_id=f"keep_{kind}_%s")
    words = _typed_words(request, _kind(kind))
    if not words.is_valid():
        name_form.add_error(None, _("Something is missing. Complete the form first."))
    if not name_form.is_valid() or not _create(request, _kind(kind), name_form, words):
        return _menu(request, _kind(kind), name_form, status=422)
    fresh = TemplateNameForm(auto_id=f"keep_{kind}_%s")
    return _menu(request, _kind(kind), fresh, kept=name_form.cleaned_data["name"])


@require_GET
def template_list(request: SignedInRequest) -> HttpResponse:
    """List the templates that the user may change, archived ones last."""
    if not can_manage_templates(request.user):
        raise PermissionDenied
    templates = visible_templates(request.user).order_by(
        F("archived_at").asc(nulls_first=True), "kind", "name", "pk"
    )
    page = Paginator(templates, settings.PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "clinic/records/template_list.html", {"page_obj": page, "kinds": Kind})


@require_http_methods(["GET", "POST"])
def template_new(request: SignedInRequest, kind: str) -> HttpResponse:
    """Create a template."""
    if not can_manage_templates(request.user):
        raise PermissionDenied
    if request.method == "GET":
        return _page(request, _kind(kind), TemplateNameForm(), _blank_words(_kind(kind)))
    name_form = TemplateNameForm(request.POST)
    words = _typed_words(request, _kind(kind))
    is_valid = name_form.is_valid() and words.is_valid()
    if not is_valid or not _create(request, _kind(kind), name_form, words):
        return _page(request, _kind(kind), name_form, words, status=422)
    messages.success(request, _("The template is saved."))
    return redirect("clinic:template_list")


@require_http_methods(["GET", "POST"])
def template_edit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show a template with its versions; a change creates the next one."""
    template = _changeable(request, pk)
    versions = list(template.versions.select_related("written_by")[:VERSIONS])
    newest = versions[0]
    extra: dict[str, Any] = {
        "template": template,
        "versions": [(each, _read(each)) for each in versions],
    }
    if request.method == "GET":
        name_form = TemplateVersionForm(initial={"name": template.name, "seen": newest.number})
        return _page(request, template.kind, name_form, _words_of(template, newest), **extra)
    name_form = TemplateVersionForm(request.POST)
    words = _typed_words(request, template.kind)
    if not (name_form.is_valid() and words.is_valid()):
        return _page(request, template.kind, name_form, words, status=422, **extra)
    try:
        change_template(
            template=template,
            actor=request.user,
            content=_content(words),
            **name_form.cleaned_data,
        )
    except ValidationError as error:
        status = 409 if getattr(error, "code", "") == "changed" else 422
        name_form = TemplateVersionForm({**request.POST.dict(), "seen": newest.number})
        add_errors(name_form, error)
        return _page(request, template.kind, name_form, words, status=status, **extra)
    messages.success(request, _("The template is changed. Earlier versions stay below."))
    return redirect("clinic:template_edit", pk=template.pk)


@require_POST
def template_archive(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Archive a template, or bring it back."""
    template = _changeable(request, pk)
    is_archived = request.POST.get("to") != "offered"
    archive_template(template=template, actor=request.user, is_archived=is_archived)
    said = _("The template is archived.") if is_archived else _("The template is offered again.")
    messages.success(request, said)
    return redirect("clinic:template_list")


def _kind(name: str) -> str:
    if name not in Kind.values:
        raise Http404
    return name


def _changeable(request: SignedInRequest, pk: UUID) -> WritingTemplate:
    templates = visible_templates(request.user).select_related("owner")
    template = get_object_or_404(templates, pk=pk)
    if not can_change_template(request.user, template):
        raise PermissionDenied
    return template


def _menu(
    request: SignedInRequest,
    kind: str,
    form: TemplateNameForm,
    *,
    kept: str = "",
    status: int = 200,
) -> HttpResponse:
    newest = WritingTemplateVersion.objects.filter(template=OuterRef("pk")).order_by("-number")
    templates = (
        visible_templates(request.user)
        .filter(kind=kind, archived_at__isnull=True)
        .annotate(content=Subquery(newest.values("content")[:1]))
        .order_by(F("owner").asc(nulls_last=True), "name")
    )
    context = {
        "kind": kind,
        "rows": [(template, json.dumps(template.content)) for template in templates],
        "keep_form": form,
        "kept": kept,
    }
    return render(
        request, "clinic/records/partials/visit_template_menu.html", context, status=status
    )


def _blank_words(kind: str) -> Words:
    return TemplateNotesForm() if kind == Kind.NOTES else line_formset()


def _typed_words(request: SignedInRequest, kind: str) -> Words:
    return TemplateNotesForm(request.POST) if kind == Kind.NOTES else line_formset(request.POST)


def _words_of(template: WritingTemplate, version: WritingTemplateVersion) -> Words:
    if template.kind == Kind.NOTES:
        return TemplateNotesForm(initial=version.content)
    return line_formset(lines=lines_of(version))


def _content(words: Words) -> Content:
    if isinstance(words, TemplateNotesForm):
        return notes_content(words.texts())
    return prescription_content(words.lines())


def _read(version: WritingTemplateVersion) -> list[tuple[str, str]]:
    """Return a version in words: the name of each part and its text."""
    if "lines" in version.content:
        return [("", line.words) for line in lines_of(version)]
    fields = TemplateNotesForm.base_fields
    return [(str(fields[name].label), text) for name, text in version.content.items()]


def _create(request: SignedInRequest, kind: str, name_form: TemplateNameForm, words: Words) -> bool:
    """Store the words; if they are refused, say why in the form."""
    owner: User | None = None if name_form.cleaned_data["is_clinic_wide"] else request.user
    if not can_own_template(request.user, owner):
        name_form.add_error("is_clinic_wide", _("Only doctors can have their own templates."))
        return False
    try:
        create_template(
            actor=request.user,
            kind=kind,
            owner=owner,
            name=name_form.cleaned_data["name"],
            content=_content(words),
        )
    except ValidationError as error:
        add_errors(name_form, error)
        return False
    return True


def _page(
    request: SignedInRequest,
    kind: str,
    name_form: TemplateNameForm,
    words: Words,
    *,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    context = {
        "kind": kind,
        "name_form": name_form,
        "notes_form": words if kind == Kind.NOTES else None,
        "line_formset": words if kind != Kind.NOTES else None,
        "drug_table": drug_table(),
        "suggestions": suggestions(),
        "template": None,
        **extra,
    }
    return render(request, "clinic/records/template_edit.html", context, status=status)
