"""The atlas of diseases: doctors and admins read it, admins edit it."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from diagnosis.atlas.forms import AtlasSearchForm, DiseaseForm, StageForm
from diagnosis.atlas.models import AtlasImage
from diagnosis.atlas.pages import SHOWN, disease_page, get_disease, refuse_strangers
from diagnosis.atlas.permissions import (
    can_manage_atlas,
    visible_diseases,
)
from diagnosis.atlas.services.atlas import (
    add_stage,
    create_disease,
    delete_disease,
    delete_stage,
    find_diseases,
    move_stage,
    rename_stage,
    update_disease,
)
from diagnosis.predictions.models.disease import DiseaseStage


@require_GET
def atlas_list(request: SignedInRequest) -> HttpResponse:
    """List the diseases that match a name, another name or a code."""
    refuse_strangers(request)
    search = AtlasSearchForm(request.GET)
    text = search.cleaned_data["q"] if search.is_valid() else ""
    diseases = visible_diseases(request.user).annotate(
        image_count=Count("atlas_images", filter=SHOWN, distinct=True),
        stage_count=Count("stages", distinct=True),
    )
    found = find_diseases(among=diseases, text=text)
    page = Paginator(found, settings.PAGE_SIZE).get_page(request.GET.get("page"))
    can_manage = can_manage_atlas(request.user)
    context = {
        "page_obj": page,
        "search": search,
        "is_search": bool(text),
        "can_manage": can_manage,
        "proposal_count": AtlasImage.objects.proposed().count() if can_manage else 0,
    }
    return render(request, "diagnosis/atlas/atlas_list.html", context)


@require_GET
def atlas_disease(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one disease: its texts, its stages and its images, twelve a page."""
    return disease_page(request, get_disease(request, pk))


@require_http_methods(["GET", "POST"])
def atlas_disease_create(request: SignedInRequest) -> HttpResponse:
    """Add a disease to the catalogue."""
    _refuse_readers(request)
    form = DiseaseForm(request.POST or None)
    if form.is_valid():
        try:
            disease = create_disease(actor=request.user, said=form.said())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The disease was added to the catalogue."))
            return redirect("diagnosis:atlas_disease", pk=disease.pk)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "disease": None}
    return render(request, "diagnosis/atlas/atlas_disease_edit.html", context, status=status)


@require_http_methods(["GET", "POST"])
def atlas_disease_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Edit a disease, including whether it is offered."""
    disease = get_disease(request, pk)
    _refuse_readers(request)
    form = DiseaseForm(request.POST or None, disease=disease)
    if form.is_valid():
        try:
            update_disease(
                disease=disease,
                actor=request.user,
                said=form.said(),
                refuse_stale=form.refuse_stale,
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The changes are saved."))
            return redirect("diagnosis:atlas_disease", pk=disease.pk)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "disease": disease}
    return render(request, "diagnosis/atlas/atlas_disease_edit.html", context, status=status)


@require_POST
def atlas_disease_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Delete a disease that nothing refers to."""
    disease = get_disease(request, pk)
    _refuse_readers(request)
    try:
        delete_disease(disease=disease, actor=request.user)
    except ValidationError as error:
        return disease_page(request, disease, refusal=" ".join(error.messages), status=409)
    messages.success(request, _("The disease was deleted."))
    return redirect("diagnosis:atlas_list")


@require_POST
def atlas_stage_add(request: SignedInRequest, pk: int) -> HttpResponse:
    """Add a stage after the last one."""
    disease = get_disease(request, pk)
    _refuse_readers(request)
    form = StageForm(request.POST)
    if form.is_valid():
        try:
            add_stage(
                disease=disease,
                actor=request.user,
                name=form.cleaned_data["name"],
                translations=form.translations("name"),
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            return redirect("diagnosis:atlas_disease", pk=disease.pk)
    return disease_page(request, disease, stage_form=form, status=422)


@require_http_methods(["GET", "POST"])
def atlas_stage_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Rename a stage."""
    stage = _get_stage(request, pk)
    form = StageForm(request.POST or None, stage=stage)
    if form.is_valid():
        try:
            rename_stage(
                stage=stage,
                actor=request.user,
                name=form.cleaned_data["name"],
                translations=form.translations("name"),
                refuse_stale=form.refuse_stale,
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            return redirect("diagnosis:atlas_disease", pk=stage.disease_id)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "stage": stage, "disease": stage.disease}
    return render(request, "diagnosis/atlas/atlas_stage_edit.html", context, status=status)


@require_POST
def atlas_stage_move(request: SignedInRequest, pk: int) -> HttpResponse:
    """Move a stage one place up or down."""
    stage = _get_stage(request, pk)
    move_stage(stage=stage, actor=request.user, is_up=request.POST.get("to") == "up")
    return redirect("diagnosis:atlas_disease", pk=stage.disease_id)


@require_POST
def atlas_stage_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Delete a stage that nothing uses."""
    stage = _get_stage(request, pk)
    try:
        delete_stage(stage=stage, actor=request.user)
    except ValidationError as error:
        return disease_page(request, stage.disease, refusal=" ".join(error.messages), status=409)
    return redirect("diagnosis:atlas_disease", pk=stage.disease_id)


def _get_stage(request: SignedInRequest, pk: int) -> DiseaseStage:
    refuse_strangers(request)
    stages = DiseaseStage.objects.filter(disease__in=visible_diseases(request.user))
    stage = get_object_or_404(stages.select_related("disease"), pk=pk)
    _refuse_readers(request)
    return stage


def _refuse_readers(request: SignedInRequest) -> None:
    if not can_manage_atlas(request.user):
        raise PermissionDenied
