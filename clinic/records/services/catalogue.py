"""The lists that doctors choose from, symptoms and body sites; rows are never deleted."""

from typing import TypeAlias

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from clinic.core.locking import take_turns
from clinic.core.models.translated import Translations
from clinic.people.models.user import User
from clinic.records.models.catalogue import BodySite, Symptom
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record
from clinic.trail.services.seen import Guard

CatalogueEntry: TypeAlias = Symptom | BodySite


@transaction.atomic
def add_symptom(*, actor: User, name: str, translations: Translations) -> Symptom:
    """Add a symptom at the end of the list; its code stays even if it is renamed."""
    take_turns("symptoms")
    others = list(Symptom.objects.select_for_update().order_by("pk"))
    _refuse_taken_name(name, others)
    symptom = Symptom(
        code=_free_code(name, {other.code for other in others}),
        name=name,
        translations=translations,
        position=max((other.position for other in others), default=-1) + 1,
    )
    symptom.full_clean()
    symptom.save()
    detail = {"code": symptom.code, "name": name, "translations": translations}
    record(AuditEvent.Verb.CREATE, actor=actor, target=symptom, detail=detail)
    return symptom


@transaction.atomic
def rename_entry(
    *,
    actor: User,
    entry: CatalogueEntry,
    name: str,
    translations: Translations,
    refuse_stale: Guard | None = None,
) -> None:
    """Rename a row; every record that has chosen it shows the new name."""
    rows = list(type(entry)._default_manager.select_for_update().order_by("pk"))
    stored = next(row for row in rows if row.pk == entry.pk)
    if refuse_stale:
        refuse_stale(stored)
    _refuse_taken_name(name, [row for row in rows if row.pk != entry.pk])
    detail: dict[str, object] = {}
    if name != stored.name:
        detail["name"] = [stored.name, name]
    if translations != stored.translations:
        detail["translations"] = [stored.translations, translations]
    if not detail:
        return
    stored.name, stored.translations = name, translations
    stored.full_clean()
    stored.save(update_fields=["name", "translations"])
    record(AuditEvent.Verb.UPDATE, actor=actor, target=stored, detail=detail)


@transaction.atomic
def offer_entry(*, actor: User, entry: CatalogueEntry, is_active: bool) -> None:
    """Offer a row to doctors or stop offering it; records that use it keep it."""
    stored = type(entry)._default_manager.select_for_update().get(pk=entry.pk)
    if stored.is_active == is_active:
        return
    stored.is_active = is_active
    stored.save(update_fields=["is_active"])
    detail = {"is_active": [not is_active, is_active]}
    record(AuditEvent.Verb.UPDATE, actor=actor, target=stored, detail=detail)


@transaction.atomic
def move_symptom(*, actor: User, symptom: Symptom, steps: int) -> None:
    """Move a symptom up or down the list, but not past its ends."""
    # Always locked in the same order, and only then sorted in the order of the list.
    rows = sorted(
        Symptom.objects.select_for_update().order_by("pk"),
        key=lambda row: (row.position, row.name),
    )
    old = next(number for number, row in enumerate(rows) if row.pk == symptom.pk)
    new = min(max(old + steps, 0), len(rows) - 1)
    if new == old:
        return
    moved = rows.pop(old)
    rows.insert(new, moved)
    for position, row in enumerate(rows):
        row.position = position
    Symptom.objects.bulk_update(rows, ["position"])
    record(AuditEvent.Verb.UPDATE, actor=actor, target=moved, detail={"position": [old, new]})


def _refuse_taken_name(name: str, others: list[Symptom] | list[BodySite]) -> None:
    if name.casefold() in {other.name.casefold() for other in others}:
        raise ValidationError({"name": _("This name is already in the list.")})


def _free_code(name: str, taken: set[str]) -> str:
    """Return an unused code, similar to the name if that uses Latin letters."""
    stem = slugify(name)[:32] or "symptom"
    code, number = stem, 1
    while code in taken:
        number += 1
        code = f"{stem}-{number}"
    return code
