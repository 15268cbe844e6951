"""Lesions: where they are, which photographs show them, and how large they were."""

from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.services.ended_records import refuse_ended
from clinic.records.models.catalogue import BodySite
from clinic.records.models.consultation import Consultation
from clinic.records.services.visit_guard import lock_open_visit
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record
from clinic.trail.services.seen import Guard
from diagnosis.lesions.models import Lesion, LesionImage

WRITTEN_FIELDS = ("body_site_id", "view", "x", "y", "description", "is_archived")


@dataclass(frozen=True)
class Place:
    """A point on one side of the body map, in parts of the figure's width and height."""

    view: str
    x: float
    y: float


def create_lesion(
    *, patient: Patient, body_site: BodySite | None = None, place: Place | None = None
) -> Lesion:
    """Create the patient's next lesion with its number; call it inside a transaction."""
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    refuse_ended(patient.pk)
    highest = Lesion.objects.filter(patient=patient).aggregate(highest=Max("number"))["highest"]
    lesion = Lesion(patient=patient, number=(highest or 0) + 1, body_site=body_site)
    _put(lesion, place)
    lesion.full_clean()
    lesion.save(force_insert=True)
    return lesion


@transaction.atomic
def update_lesion(
    *,
    lesion: Lesion,
    actor: User,
    body_site: BodySite | None,
    place: Place | None,
    description: str,
    is_archived: bool,
    refuse_stale: Guard | None = None,
) -> Lesion:
    """Change a lesion's place; its body site is fixed once a signed visit names it."""
    visits = Consultation.objects.filter(pk__in=lesion.images.values("consultation"))
    are_signed = [visit.is_signed for visit in visits.select_for_update(no_key=True)]
    stored = Lesion.objects.select_for_update(no_key=True).get(pk=lesion.pk)
    refuse_ended(stored.patient_id)
    if refuse_stale:
        refuse_stale(stored)
    before = {field: getattr(stored, field) for field in WRITTEN_FIELDS}
    stored.body_site = body_site
    _put(stored, place)
    stored.description = description.strip()
    stored.is_archived = is_archived
    changed = [field for field in WRITTEN_FIELDS if getattr(stored, field) != before[field]]
    if not changed:
        return stored
    if "body_site_id" in changed and before["body_site_id"] and any(are_signed):
        raise ValidationError(
            {"body_site": _("A signed visit names this site, so it cannot be changed.")}
        )
    stored.full_clean()
    stored.save(update_fields=changed)
    record(
        AuditEvent.Verb.UPDATE,
        actor=actor,
        patient=stored.patient,
        target=stored,
        detail={"fields": changed},
    )
    return stored


@transaction.atomic
def move_image(*, image: LesionImage, actor: User, lesion: Lesion | None = None) -> LesionImage:
    """Move a photograph to another lesion, or to a new one, before the visit is signed.

    A lesion that has no photograph left is no longer followed.
    """
    consultation = lock_open_visit(image.consultation)
    moved = LesionImage.objects.select_for_update(no_key=True).get(pk=image.pk)
    left = moved.lesion
    if lesion is None:
        lesion = create_lesion(patient=left.patient, body_site=consultation.body_site)
    if lesion.patient_id != left.patient_id:
        raise ValidationError(_("This lesion belongs to another patient."))
    if lesion.pk == left.pk:
        raise ValidationError(_("The photograph already belongs to this lesion."))
    moved.lesion = lesion
    moved.save(update_fields=["lesion"])
    if not left.images.exists():
        Lesion.objects.filter(pk=left.pk).update(is_archived=True)
    record(
        AuditEvent.Verb.UPDATE,
        actor=actor,
        patient=left.patient,
        target=moved,
        detail={"from_lesion": str(left.pk), "to_lesion": str(lesion.pk)},
    )
    return moved


@transaction.atomic
def record_size(
    *,
    image: LesionImage,
    actor: User,
    size_mm: Decimal | None,
    size_note: str,
    refuse_stale: Guard | None = None,
) -> LesionImage:
    """Record the lesion's size in a photograph, before the visit is signed."""
    lock_open_visit(image.consultation)
    stored = LesionImage.objects.select_for_update(no_key=True).get(pk=image.pk)
    if refuse_stale:
        refuse_stale(stored)
    measured = {"size_mm": size_mm, "size_note": size_note.strip()}
    changed = [field for field, value in measured.items() if getattr(stored, field) != value]
    if not changed:
        return stored
    for field in changed:
        setattr(stored, field, measured[field])
    stored.full_clean()
    stored.save(update_fields=changed)
    record(
        AuditEvent.Verb.UPDATE,
        actor=actor,
        patient=stored.lesion.patient,
        target=stored,
        detail={"fields": changed},
    )
    return stored


def record_lesion_view(*, lesion: Lesion, actor: User) -> None:
    """Record in the audit trail that somebody read a lesion's page."""
    record(AuditEvent.Verb.VIEW, actor=actor, patient=lesion.patient, target=lesion)


def _put(lesion: Lesion, place: Place | None) -> None:
    lesion.view = place.view if place else ""
    lesion.x = place.x if place else None
    lesion.y = place.y if place else None
