"""What a doctor does in a visit; `diagnosis` puts the page itself together."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from clinic.people.permissions import patients_in_care
from clinic.records.forms.consultations import AddendumForm, SignForm, VisitNotesForm
from clinic.records.models.consultation import Consultation
from clinic.records.pages.signing import sign_page
from clinic.records.pages.visits import (
    back_to_visit,
    saved_answer,
    status_of,
    visit_part,
    visits_to_show,
    writable_visit,
)
from clinic.records.services.consultations import (
    add_addendum,
    record_visit_part_view,
    record_visit_view,
    refuse_unread,
    save_visit,
    sign_visit,
)
from clinic.records.services.visit_guard import VisitChangedError, VisitSignedError


@require_GET
def visit_patient(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show the patient of a visit: facts, consents, other visits and documents."""
    visits = Consultation.objects.filter(patient__in=patients_in_care(request.user))
    consultation = get_object_or_404(visits.select_related("patient"), pk=pk)
    record_visit_view(consultation=consultation, actor=request.user)
    return visit_part(request, consultation, "patient", status=200)


@require_POST
def visit_save(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Store the notes; if somebody saved meanwhile, show both texts."""
    consultation = writable_visit(request, pk)
    form = VisitNotesForm(request.POST, instance=consultation)
    if not form.is_valid():
        version = form["version"].value()
        return visit_part(
            request, consultation, "notes", status=422, notes_form=form, notes_version=version
        )
    try:
        saved = save_visit(
            consultation=consultation,
            actor=request.user,
            version=form.cleaned_data["version"],
            draft=form.draft,
        )
    except (VisitChangedError, VisitSignedError) as error:
        stored = Consultation.objects.get(pk=consultation.pk)
        return visit_part(
            request,
            consultation,
            "conflict" if request.htmx else "notes",
            status=409,
            notes_form=form,
            refusal=" ".join(error.messages),
            differences=form.differences(stored),
            keep_name="version",
            keep_value=stored.version,
        )
    return saved_answer(request, saved, name="version", value=saved.version)


@require_http_methods(["GET", "POST"])
def visit_sign(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show what is still open; then sign and close the visit, and go on to the next patient."""
    consultation = writable_visit(request, pk, visits_to_show(request.user))
    if request.method == "GET":
        return _before_signing(request, consultation)
    form = SignForm(request.POST)
    if not form.is_valid():
        return sign_page(request, consultation, must_read_again=True, status=422)
    try:
        sign_visit(consultation=consultation, actor=request.user, **form.cleaned_data)
    except ValidationError as error:
        if hasattr(error, "error_dict"):
            add_errors(form, error)
        return sign_page(
            request,
            consultation,
            form=form,
            refusal="" if form.errors else " ".join(error.messages),
            must_read_again=isinstance(error, VisitChangedError),
            status=status_of(error),
        )
    messages.success(request, _("The visit is signed and closed."))
    url = reverse("clinic:doctor_day")
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


def _before_signing(request: SignedInRequest, consultation: Consultation) -> HttpResponse:
    if consultation.is_signed:
        return HttpResponseClientRedirect(consultation.get_absolute_url())
    record_visit_part_view(consultation=consultation, actor=request.user)
    form = SignForm(request.GET)
    if not form.is_valid():
        return sign_page(request, consultation)
    try:
        refuse_unread(
            consultation,
            version=form.cleaned_data["version"],
            lines_seen=form.cleaned_data["lines_seen"],
        )
    except VisitChangedError as error:
        said = " ".join(error.messages)
        return sign_page(request, consultation, refusal=said, must_read_again=True, status=409)
    return sign_page(request, consultation, form=SignForm(initial=form.cleaned_data))


@require_POST
def addendum_add(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Add a dated note to a signed visit."""
    consultation = writable_visit(request, pk)
    form = AddendumForm(request.POST, auto_id="addendum_%s")
    if not form.is_valid():
        return visit_part(request, consultation, "addenda", status=422, addendum_form=form)
    try:
        add_addendum(consultation=consultation, actor=request.user, text=form.cleaned_data["text"])
    except ValidationError as error:
        form.add_error(None, error)
        return visit_part(request, consultation, "addenda", status=409, addendum_form=form)
    return back_to_visit(request, consultation, _("The addendum is added."))
