"""Templates for notes and prescriptions: each change is a new version, nothing is deleted."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.locking import take_turns
from clinic.people.models.user import User
from clinic.records.models.phrase import WritingTemplate, WritingTemplateVersion
from clinic.records.services.consultations import NOTES_FIELDS
from clinic.records.services.prescriptions import DraftLine
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record

Kind = WritingTemplate.Kind
Content = dict[str, object]
_NAME_TAKEN = _("There is already a template with this name.")


def notes_content(texts: Mapping[str, str]) -> Content:
    """Return the content of a notes template: the fields with text."""
    written = {field: texts.get(field, "").strip() for field in ("reason", *NOTES_FIELDS)}
    return {field: text for field, text in written.items() if text}


def prescription_content(lines: Sequence[DraftLine]) -> Content:
    """Return the content of a prescription template: its lines, if there are any."""
    return {"lines": [asdict(line) for line in lines]} if lines else {}


def lines_of(version: WritingTemplateVersion) -> list[DraftLine]:
    """Return the lines of a version."""
    return [DraftLine(**line) for line in version.content.get("lines", [])]


@transaction.atomic
def create_template(
    *, actor: User, kind: str, owner: User | None, name: str, content: Content
) -> WritingTemplate:
    """Store words under a name, for one doctor, or for the whole clinic without an owner.

    The same words under the same name are kept once.
    """
    _refuse_empty(content)
    template = WritingTemplate(kind=kind, owner=owner, name=name.strip())
    template.full_clean()
    take_turns("templates")
    if other := _namesake(template):
        latest = other.versions.first()
        if latest is None or latest.content != content:
            raise ValidationError({"name": _NAME_TAKEN})
        return other
    template.save()
    _add_version(template, actor=actor, content=content, number=1)
    record(
        AuditEvent.Verb.CREATE,
        actor=actor,
        target=template,
        detail={"kind": kind, "clinic_wide": template.is_clinic_wide},
    )
    return template


@transaction.atomic
def change_template(
    *, template: WritingTemplate, actor: User, name: str, content: Content, seen: int
) -> WritingTemplate:
    """Give a template its next version; `seen` is the number that the form showed."""
    locked = WritingTemplate.objects.select_for_update(no_key=True).get(pk=template.pk)
    latest = locked.versions.first()
    assert latest is not None  # a template is created with its first version
    _refuse_empty(content)
    if latest.content == content and locked.name == name.strip():
        return locked
    if latest.number != seen:
        raise ValidationError(
            _(
                "%(who)s changed this template in the meantime. Compare it with the latest "
                "version below."
            ),
            params={"who": latest.written_by},
            code="changed",
        )
    locked.name = name.strip()
    locked.full_clean()
    take_turns("templates")
    if _namesake(locked):
        raise ValidationError({"name": _NAME_TAKEN})
    locked.save(update_fields=["name"])
    if latest.content != content:
        _add_version(locked, actor=actor, content=content, number=latest.number + 1)
    record(AuditEvent.Verb.UPDATE, actor=actor, target=locked, detail={"after": latest.number})
    return locked


@transaction.atomic
def archive_template(*, template: WritingTemplate, actor: User, is_archived: bool) -> None:
    """Archive a template or bring it back; doing so twice changes nothing."""
    locked = WritingTemplate.objects.select_for_update(no_key=True).get(pk=template.pk)
    if (locked.archived_at is not None) == is_archived:
        return
    locked.archived_at = timezone.now() if is_archived else None
    locked.save(update_fields=["archived_at"])
    to = "archived" if is_archived else "offered"
    record(AuditEvent.Verb.TRANSITION, actor=actor, target=locked, detail={"to": to})


def _namesake(template: WritingTemplate) -> WritingTemplate | None:
    """Return another template of this name in the same menu."""
    others = WritingTemplate.objects.filter(kind=template.kind, owner=template.owner)
    offered = others.filter(archived_at=None, name__iexact=template.name)
    return offered.exclude(pk=template.pk).first()


def _refuse_empty(content: Content) -> None:
    if not content:
        raise ValidationError(_("There is nothing to save yet. Write something first."))


def _add_version(
    template: WritingTemplate, *, actor: User, content: Content, number: int
) -> WritingTemplateVersion:
    return WritingTemplateVersion.objects.create(
        template=template, number=number, content=content, written_by=actor
    )
