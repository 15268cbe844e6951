"""A patient's documents: administrative ones for the desk, all for doctors in care."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.core.forms import add_errors
from clinic.core.http import SignedInRequest
from clinic.people.models.patient import Patient
from clinic.people.permissions import can_see_own_record, can_see_portal, visible_patients
from clinic.records.forms.documents import ArchiveForm, DocumentForm
from clinic.records.models.document import PatientDocument
from clinic.records.permissions import can_keep_documents, document_categories, visible_documents
from clinic.records.services.documents import (
    add_document,
    archive_document,
    record_document_download,
    record_document_list,
    share_document,
)

CONTENT_TYPES = {
    PatientDocument.Format.PDF: "application/pdf",
    PatientDocument.Format.JPEG: "image/jpeg",
}


@require_http_methods(["GET", "POST"])
def patient_documents(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show a patient's documents, and a form to add one."""
    patient = get_object_or_404(visible_patients(request.user), pk=pk)
    categories = document_categories(request.user)
    if not categories:
        raise PermissionDenied
    if request.method == "GET":
        return _page(request, patient, DocumentForm(categories=categories))
    if not can_keep_documents(request.user, patient):
        raise PermissionDenied
    form = DocumentForm(request.POST, request.FILES, categories=categories)
    if form.is_valid() and _add(form, patient, request):
        messages.success(request, _("The document is in the record."))
        return redirect("clinic:patient_documents", pk=patient.pk)
    return _page(request, patient, form, status=422)


@require_GET
def document_file(request: SignedInRequest, pk: UUID) -> FileResponse:
    """Send a document for the person to keep, which the browser must never run."""
    document = _get_document(request, pk)
    try:
        file = document.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    record_document_download(document=document, actor=request.user)
    day = timezone.localdate(document.added_at).isoformat()
    return FileResponse(
        file,
        as_attachment=True,
        filename=f"document-{day}.{document.format}",
        content_type=CONTENT_TYPES[PatientDocument.Format(document.format)],
        headers={
            "Cache-Control": "private, no-store",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        },
    )


@require_POST
def document_archive(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Archive a document, with a reason."""
    document = _get_document(request, pk)
    if not can_keep_documents(request.user, document.patient):
        raise PermissionDenied
    form = ArchiveForm(request.POST)
    if not form.is_valid():
        return _document_page(request, document, archive_form=form, status=422)
    try:
        archive_document(document=document, actor=request.user, reason=form.cleaned_data["reason"])
    except ValidationError as error:
        return _document_page(request, document, refusal=" ".join(error.messages), status=409)
    messages.success(request, _("The document is archived."))
    return redirect("clinic:patient_documents", pk=document.patient_id)


@require_POST
def document_share(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Let the patient read a document, or stop letting them."""
    document = _get_document(request, pk)
    if not can_keep_documents(request.user, document.patient):
        raise PermissionDenied
    try:
        share_document(
            document=document, actor=request.user, is_shared=request.POST.get("shared") == "yes"
        )
    except ValidationError as error:
        return _document_page(request, document, refusal=" ".join(error.messages), status=409)
    return redirect("clinic:patient_documents", pk=document.patient_id)


@require_GET
def my_documents(request: SignedInRequest) -> HttpResponse:
    """Show what the clinic has shared with the patient."""
    if not can_see_portal(request.user):
        raise PermissionDenied
    if not can_see_own_record(request.user):
        return redirect("clinic:my_record_code")
    documents = visible_documents(request.user)
    page = Paginator(documents, settings.PAGE_SIZE).get_page(request.GET.get("page"))
    patient = getattr(request.user, "patient", None)
    record_document_list(patient=patient, actor=request.user, count=page.paginator.count)
    return render(request, "clinic/records/my_documents.html", {"page_obj": page})


def _add(form: DocumentForm, patient: Patient, request: SignedInRequest) -> bool:
    said = dict(form.cleaned_data)
    upload = said.pop("file")
    try:
        add_document(patient=patient, data=upload.read(), actor=request.user, **said)
    except ValidationError as error:
        if hasattr(error, "error_dict"):
            add_errors(form, error)
        else:
            form.add_error("file", error)
        return False
    return True


def _document_page(
    request: SignedInRequest,
    document: PatientDocument,
    *,
    archive_form: ArchiveForm | None = None,
    refusal: str = "",
    status: int,
) -> HttpResponse:
    form = DocumentForm(categories=document_categories(request.user))
    return _page(
        request,
        document.patient,
        form,
        refused=document,
        archive_form=archive_form,
        refusal=refusal,
        status=status,
    )


def _page(
    request: SignedInRequest,
    patient: Patient,
    form: DocumentForm,
    *,
    refused: PatientDocument | None = None,
    archive_form: ArchiveForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    documents = visible_documents(request.user).filter(patient=patient)
    documents = documents.select_related("added_by", "archived_by")
    page = Paginator(documents.kept(), settings.PAGE_SIZE).get_page(request.GET.get("page"))
    record_document_list(patient=patient, actor=request.user, count=page.paginator.count)
    context = {
        "patient": patient,
        "page_obj": page,
        "archived": documents.filter(archived_at__isnull=False),
        "form": form,
        "refused": refused,
        "archive_form": archive_form or ArchiveForm(),
        "refusal": refusal,
        "can_keep": not patient.has_ended and can_keep_documents(request.user, patient),
    }
    return render(request, "clinic/records/patient_documents.html", context, status=status)


def _get_document(request: SignedInRequest, pk: UUID) -> PatientDocument:
    documents = visible_documents(request.user).select_related("patient")
    return get_object_or_404(documents, pk=pk)
