"""What people change in their own account, and the photograph of any account."""

import uuid

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.core.files.bound import file_of
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.services.ended_records import refuse_ended
from clinic.people.services.patients import lock_register, update_patient
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record, record_once
from clinic.trail.services.seen import Guard


def update_profile(
    *,
    user: User,
    phone: str,
    language: str,
    portrait: bytes | None = None,
    removes_portrait: bool = False,
    wants_digest: bool = False,
    refuse_stale: Guard | None = None,
) -> User:
    """Store what a person changed on the profile page."""
    stored = _store_portrait(portrait, of=user) if portrait else None
    try:
        return _update_profile(
            user=user,
            phone=phone,
            language=language,
            wants_digest=wants_digest,
            refuse_stale=refuse_stale,
            photograph=stored if stored else "" if removes_portrait else None,
        )
    except BaseException:
        if stored:
            default_storage.delete(stored)
        raise


def change_portrait(*, user: User, actor: User, portrait: bytes | None) -> User:
    """Give an account another photograph, or none, for somebody who manages accounts."""
    stored = _store_portrait(portrait, of=user) if portrait else ""
    try:
        return _change_portrait(user, actor=actor, stored=stored)
    except BaseException:
        if stored:
            default_storage.delete(stored)
        raise


def record_portrait_view(*, actor: User, user: User) -> None:
    """Note who looked at a patient's portrait, but not at a colleague's."""
    patient = getattr(user, "patient", None)
    if patient and actor != user:
        record_once(AuditEvent.Verb.VIEW, actor=actor, patient=patient, target=user)


@transaction.atomic
def _change_portrait(user: User, *, actor: User, stored: str) -> User:
    patient = Patient.objects.select_for_update(no_key=True, of=("self",)).filter(user=user).first()
    if patient is not None:
        refuse_ended(patient.pk)
    user = User.objects.select_for_update().get(pk=user.pk)
    old = user.photograph.name
    if stored == old:
        return user
    user.photograph = stored
    user.save(update_fields=["photograph"])
    if old:
        transaction.on_commit(lambda: default_storage.delete(old))
    detail = {"changed": ["photograph"]}
    record(AuditEvent.Verb.UPDATE, actor=actor, patient=patient, target=user, detail=detail)
    return user


@transaction.atomic
def _update_profile(
    *,
    user: User,
    phone: str,
    language: str,
    wants_digest: bool,
    photograph: str | None,
    refuse_stale: Guard | None,
) -> User:
    lock_register()
    patient = Patient.objects.select_for_update(no_key=True, of=("self",)).filter(user=user).first()
    user = User.objects.select_for_update().get(pk=user.pk)
    if refuse_stale:
        refuse_stale(user)
    if patient is not None:
        # The desk, emails and text messages read the record, and the account copies it.
        update_patient(patient=patient, actor=user, phone=phone, language=language)
        user.refresh_from_db()
    old_photograph = user.photograph.name
    detail: dict[str, object] = {}
    changed = []
    if phone != user.phone:
        user.phone = phone
        changed.append("phone")
    if language != user.language:
        detail["language"] = [user.language, language]
        user.language = language
        changed.append("language")
    if wants_digest != user.wants_digest:
        user.wants_digest = wants_digest
        changed.append("wants_digest")
    if photograph is not None and photograph != old_photograph:
        user.photograph = photograph
        changed.append("photograph")
        if old_photograph:
            transaction.on_commit(lambda: default_storage.delete(old_photograph))
    if changed:
        user.full_clean()
        user.save(update_fields=changed)
        detail["changed"] = changed
        record(AuditEvent.Verb.UPDATE, actor=user, target=user, detail=detail)
    return user


def _store_portrait(jpeg: bytes, *, of: User) -> str:
    try:
        with file_of(of, "photograph"):
            return default_storage.save(f"profiles/{uuid.uuid4()}.jpg", ContentFile(jpeg))
    except OSError as error:
        raise ValidationError(
            {"photograph": _("The photograph could not be stored. Please try again later.")}
        ) from error
