"""A patient's documents: adding, reading and archiving them."""

import uuid

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.files.stored import row_with_files
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.services.ended_records import refuse_ended
from clinic.records.models.document import PatientDocument
from clinic.records.received_files import receive_file
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record


def add_document(
    *,
    patient: Patient,
    data: bytes,
    actor: User,
    category: str,
    title: str,
    is_shared: bool = False,
) -> PatientDocument:
    """Check and store a patient's file.

    The result is a row with its file, or nothing at all.
    """
    refuse_ended(patient.pk)
    received = receive_file(data)
    document = PatientDocument(
        patient=patient,
        category=category,
        title=title.strip(),
        format=received.format,
        size=len(received.data),
        page_count=received.page_count,
        sha256=received.sha256,
        upload_sha256=received.upload_sha256,
        is_shared=is_shared,
        added_by=actor,
    )
    document.full_clean(exclude=["file"])
    not_stored = _("The document could not be stored, so nothing was saved. Try again in a minute.")
    with row_with_files(
        document, "file", once="patient_document_is_in_a_record_once", not_stored=not_stored
    ):
        name = f"{uuid.uuid4()}.{received.format}"
        document.file.save(name, ContentFile(received.data), save=False)
        document.save(force_insert=True)
        record(
            AuditEvent.Verb.CREATE,
            actor=actor,
            patient=patient,
            target=document,
            detail={"category": document.category, "shared": is_shared},
        )
    return document


@transaction.atomic
def archive_document(*, document: PatientDocument, actor: User, reason: str) -> PatientDocument:
    """Archive a document: row and file stay, but the patient no longer sees it."""
    stored = _lock(document)
    if not reason.strip():
        raise ValidationError({"reason": _("Say in a few words why.")})
    stored.archived_at, stored.archived_by = timezone.now(), actor
    stored.archived_reason = reason.strip()
    stored.save()
    _record_change(stored, actor, archived=True)
    return stored


@transaction.atomic
def share_document(*, document: PatientDocument, actor: User, is_shared: bool) -> PatientDocument:
    """Let the patient read a document, or stop letting them."""
    stored = _lock(document)
    if stored.is_shared != is_shared:
        stored.is_shared = is_shared
        stored.save()
        _record_change(stored, actor, shared=is_shared)
    return stored


def record_document_list(*, patient: Patient | None, actor: User, count: int) -> None:
    """Note that somebody looked at the list of documents."""
    detail = {"of": "documents", "count": count}
    record(AuditEvent.Verb.LIST, actor=actor, patient=patient, detail=detail)


def record_document_download(*, document: PatientDocument, actor: User) -> None:
    """Note that a document was downloaded."""
    record(
        AuditEvent.Verb.DOWNLOAD,
        actor=actor,
        patient=document.patient,
        target=document,
        detail={"category": document.category},
    )


def _record_change(document: PatientDocument, actor: User, **detail: object) -> None:
    record(
        AuditEvent.Verb.UPDATE,
        actor=actor,
        patient=document.patient,
        target=document,
        detail=detail,
    )


def _lock(document: PatientDocument) -> PatientDocument:
    stored = PatientDocument.objects.select_for_update(no_key=True).get(pk=document.pk)
    if stored.archived_at is not None:
        raise ValidationError(_("This document is already archived."), code="archived")
    refuse_ended(stored.patient_id)
    return stored
