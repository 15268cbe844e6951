"""The types of visit that the clinic offers, and their durations."""

from dataclasses import dataclass
from itertools import count

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, ProtectedError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from clinic.core.locking import lock, take_turns
from clinic.core.models.translated import Translations
from clinic.people.models.user import User
from clinic.scheduling.models.schedule import VisitType
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record
from clinic.trail.services.seen import Guard

LIST = "visit types"


@dataclass(frozen=True, kw_only=True)
class VisitOffer:
    """The facts of a type of visit: its name, its duration and who may book it."""

    name: str
    duration_minutes: int
    is_active: bool
    is_offered_to_patients: bool
    translations: Translations


@transaction.atomic
def add_visit_type(*, offer: VisitOffer, actor: User) -> VisitType:
    """Add a type of visit at the end of the list."""
    take_turns(LIST)
    last = VisitType.objects.aggregate(last=Max("position"))["last"]
    visit_type = VisitType(code=_free_code(offer.name), position=0 if last is None else last + 1)
    _store(visit_type, offer)
    detail = {"code": visit_type.code, "minutes": offer.duration_minutes}
    record(AuditEvent.Verb.CREATE, actor=actor, target=visit_type, detail=detail)
    return visit_type


@transaction.atomic
def change_visit_type(
    *, visit_type: VisitType, offer: VisitOffer, actor: User, refuse_stale: Guard | None = None
) -> VisitType:
    """Change a type for future bookings; existing ones keep their length."""
    take_turns(LIST)
    visit_type = lock(visit_type, no_key=True)
    if refuse_stale:
        refuse_stale(visit_type)
    _store(visit_type, offer)
    detail = {
        "minutes": offer.duration_minutes,
        "is_offered": offer.is_active,
        "is_offered_to_patients": offer.is_offered_to_patients,
    }
    record(AuditEvent.Verb.UPDATE, actor=actor, target=visit_type, detail=detail)
    return visit_type


@transaction.atomic
def remove_visit_type(*, visit_type: VisitType, actor: User) -> None:
    """Remove a type of visit that was never booked."""
    stored = lock(visit_type)
    detail = {"removed": True, "code": stored.code}
    record(AuditEvent.Verb.UPDATE, actor=actor, target=stored, detail=detail)
    try:
        stored.delete()
    except ProtectedError as error:
        raise ValidationError(
            _(
                "This type cannot be removed, because visits of it have been booked. Stop "
                "offering it instead."
            )
        ) from error


def _store(visit_type: VisitType, offer: VisitOffer) -> None:
    visit_type.name = offer.name.strip()
    visit_type.duration_minutes = offer.duration_minutes
    visit_type.is_active = offer.is_active
    visit_type.is_offered_to_patients = offer.is_offered_to_patients
    visit_type.translations = offer.translations
    visit_type.full_clean()
    others = VisitType.objects.exclude(pk=visit_type.pk)
    if others.filter(name__iexact=visit_type.name).exists():
        raise ValidationError({"name": _("There is already a type of visit with this name.")})
    visit_type.save()


def _free_code(name: str) -> str:
    """Return a short unique code for a name."""
    stem = slugify(name)[:30] or "visit"
    taken = set(VisitType.objects.filter(code__startswith=stem).values_list("code", flat=True))
    codes = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
    return next(code for code in codes if code not in taken)
