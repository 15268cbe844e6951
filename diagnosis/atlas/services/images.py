"""Images of the atlas: adding, accepting, declining and archiving them."""

import uuid
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.files.stored import row_with_files
from clinic.core.models.translated import Translations
from clinic.people.models.user import User
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record
from clinic.trail.services.seen import Guard
from diagnosis.atlas.models import AtlasImage
from diagnosis.lesions.imaging import PreparedPhotograph, prepare_photograph
from diagnosis.predictions.models.disease import Disease, DiseaseStage

Status = AtlasImage.Status


@dataclass(frozen=True, kw_only=True)
class AtlasImageText:
    """The source, licence and caption of an image."""

    source: str
    licence: str
    caption: str = ""
    stage: DiseaseStage | None = None
    translations: Translations = field(default_factory=dict)


def add_atlas_image(
    *,
    disease: Disease,
    data: bytes,
    said: AtlasImageText,
    actor: User,
    is_accepted: bool = False,
) -> AtlasImage:
    """Check, re-encode and store an image; it is a proposal unless it is accepted at once.

    The row and its two files are stored together or not at all.
    """
    photograph = prepare_photograph(data)
    image = AtlasImage(
        disease=disease,
        sha256=photograph.sha256,
        upload_sha256=photograph.upload_sha256,
        width=photograph.width,
        height=photograph.height,
        added_by=actor,
    )
    if is_accepted:
        image.status, image.decided_by, image.decided_at = Status.ACCEPTED, actor, timezone.now()
    _say(image, said)
    image.full_clean(exclude=["file", "thumbnail"])
    not_stored = _("The image could not be stored, so nothing was kept. Try again in a minute.")
    with row_with_files(
        image, "file", "thumbnail", once="atlas_image_is_with_a_disease_once", not_stored=not_stored
    ):
        _store(image, photograph)
        image.save(force_insert=True)
        record(AuditEvent.Verb.CREATE, actor=actor, target=image, detail={"status": image.status})
    return image


@transaction.atomic
def describe_atlas_image(
    *, image: AtlasImage, said: AtlasImageText, actor: User, refuse_stale: Guard | None = None
) -> AtlasImage:
    """Correct an image's caption, source, licence and stage; the image itself is unchanged."""
    stored = _lock(image)
    if refuse_stale:
        refuse_stale(stored)
    _say(stored, said)
    stored.full_clean(exclude=["file", "thumbnail"])
    stored.save()
    record(AuditEvent.Verb.UPDATE, actor=actor, target=stored)
    return stored


@transaction.atomic
def decide_atlas_image(
    *, image: AtlasImage, actor: User, is_accepted: bool, reason: str = ""
) -> AtlasImage:
    """Accept a proposal, or decline it with a reason."""
    stored = _lock(image)
    if not stored.is_proposed:
        raise ValidationError(_("This image has already been decided on."), code="decided")
    if not is_accepted and not reason.strip():
        raise ValidationError({"reason": _("Say in a few words why.")})
    stored.status = Status.ACCEPTED if is_accepted else Status.DECLINED
    stored.decline_reason = "" if is_accepted else reason.strip()
    stored.decided_by, stored.decided_at = actor, timezone.now()
    stored.save()
    record(AuditEvent.Verb.REVIEW, actor=actor, target=stored, detail={"status": stored.status})
    return stored


@transaction.atomic
def archive_atlas_image(*, image: AtlasImage, actor: User, reason: str) -> AtlasImage:
    """Archive an image; its row and file are kept."""
    stored = _lock(image)
    if stored.archived_at is not None:
        raise ValidationError(_("This image is already archived."), code="archived")
    if not reason.strip():
        raise ValidationError({"reason": _("Say in a few words why.")})
    stored.archived_at, stored.archived_by = timezone.now(), actor
    stored.archived_reason = reason.strip()
    stored.save()
    record(AuditEvent.Verb.UPDATE, actor=actor, target=stored, detail={"archived": True})
    return stored


def _lock(image: AtlasImage) -> AtlasImage:
    return AtlasImage.objects.select_for_update(no_key=True).get(pk=image.pk)


def _say(image: AtlasImage, said: AtlasImageText) -> None:
    image.source, image.licence = said.source.strip(), said.licence.strip()
    image.caption, image.stage = said.caption.strip(), said.stage
    image.translations = said.translations
    if image.stage is not None and image.stage.disease_id != image.disease_id:
        raise ValidationError({"stage": _("This stage belongs to another disease.")})


def _store(image: AtlasImage, photograph: PreparedPhotograph) -> None:
    name = uuid.uuid4()
    image.file.save(f"{name}.jpg", ContentFile(photograph.jpeg), save=False)
    image.thumbnail.save(f"{name}-small.jpg", ContentFile(photograph.thumbnail), save=False)
