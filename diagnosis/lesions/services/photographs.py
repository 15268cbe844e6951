"""Store photographs, and record who looks at them."""

import uuid

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _

from clinic.core.files.stored import row_with_files
from clinic.people.models.consent import Consent
from clinic.people.models.user import User
from clinic.people.services.consents import lock_consent
from clinic.records.models.catalogue import BodySite
from clinic.records.models.consultation import Consultation
from clinic.records.services.visit_guard import lock_open_visit
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record, record_once
from diagnosis.lesions.imaging import PreparedPhotograph, prepare_photograph
from diagnosis.lesions.models import Lesion, LesionImage
from diagnosis.lesions.services.lesions import Place, create_lesion


def upload_image(
    *,
    consultation: Consultation,
    data: bytes,
    actor: User,
    lesion: Lesion | None = None,
    body_site: BodySite | None = None,
    place: Place | None = None,
) -> LesionImage:
    """Check, re-encode and store a photograph of a known or a new lesion.

    The row and its two files are stored together or not at all.
    """
    photograph = prepare_photograph(data)
    image = LesionImage(
        consultation=consultation,
        sha256=photograph.sha256,
        upload_sha256=photograph.upload_sha256,
        width=photograph.width,
        height=photograph.height,
        uploaded_by=actor,
    )
    not_stored = _(
        "The photograph could not be stored, so nothing was kept. Try again in a minute."
    )
    with row_with_files(
        image, "file", "thumbnail", once="photograph_is_in_a_visit_once", not_stored=not_stored
    ):
        _refuse_closed_or_known(image)
        image.lesion = lesion or create_lesion(
            patient=consultation.patient, body_site=body_site, place=place
        )
        if image.lesion.patient_id != consultation.patient_id:
            raise ValidationError(_("This lesion belongs to another patient."))
        _store(image, photograph)
        image.save(force_insert=True)
        record(AuditEvent.Verb.CREATE, actor=actor, patient=consultation.patient, target=image)
    return image


def record_image_download(*, image: LesionImage, actor: User, size: str) -> None:
    """Record in the audit trail that a photograph was served, and at which size."""
    # A page shows many thumbnails and loads them again on every visit.
    add = record if size == "full" else record_once
    add(
        AuditEvent.Verb.DOWNLOAD,
        actor=actor,
        patient=image.lesion.patient,
        target=image,
        detail={"size": size},
    )


def record_image_view(*, image: LesionImage, actor: User) -> None:
    """Record that somebody looked at a photograph with its answer."""
    record_once(AuditEvent.Verb.VIEW, actor=actor, patient=image.lesion.patient, target=image)


def _refuse_closed_or_known(image: LesionImage) -> None:
    consultation = lock_open_visit(image.consultation)
    if not lock_consent(patient=consultation.patient, purpose=Consent.Purpose.PHOTOGRAPHY):
        raise ValidationError(
            _("The patient has not agreed to photographs. Record the consent first."),
            code="no_consent",
        )
    if consultation.images.filter(upload_sha256=image.upload_sha256).exists():
        raise ValidationError(_("This photograph is already in this visit."), code="duplicate")


def _store(image: LesionImage, photograph: PreparedPhotograph) -> None:
    name = uuid.uuid4()
    image.file.save(f"{name}.jpg", ContentFile(photograph.jpeg), save=False)
    image.thumbnail.save(f"{name}-small.jpg", ContentFile(photograph.thumbnail), save=False)
