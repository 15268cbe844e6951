"""What a patient has agreed to, by purpose."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from clinic.people.consent_texts import DOCUMENT_VERSION
from clinic.people.models.consent import Consent
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.services.ended_records import refuse_ended
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record


@dataclass(frozen=True)
class PastUse:
    """A collection that was made while the patient agreed, and that has left the site."""

    id: str
    made_at: datetime


# By purpose, how to find what another app has made from a record under this consent.
_past_uses: dict[str, Callable[[Patient], list[PastUse]]] = {}


def tell_past_uses(purpose: str, tell: Callable[[Patient], list[PastUse]]) -> None:
    """Register how an app tells what it has made under a consent."""
    _past_uses[purpose] = tell


def past_uses(*, patient: Patient, purpose: str) -> list[PastUse]:
    """Return what was made under a consent and cannot be recalled, newest first."""
    tell = _past_uses.get(purpose)
    return tell(patient) if tell else []


def lock_consent(*, patient: Patient, purpose: str) -> bool:
    """Return whether the patient agrees, and make a withdrawal wait for this transaction."""
    _lock(patient)
    return has_consent(patient=patient, purpose=purpose)


def has_consent(*, patient: Patient, purpose: str) -> bool:
    """Return whether the patient agrees to the purpose right now."""
    return Consent.objects.active().filter(patient=patient, purpose=purpose).exists()


def standing_consents(*, patient: Patient) -> dict[str, Consent]:
    """Return the patient's present consents by purpose."""
    return {consent.purpose: consent for consent in patient.consents.active()}


@transaction.atomic
def give_consent(
    *,
    patient: Patient,
    purpose: str,
    method: str,
    actor: User,
    document_version: str = DOCUMENT_VERSION,
) -> Consent:
    """Record that the patient agrees; an existing consent is left as it is."""
    # One consent per purpose: two desks that record it at once take turns.
    _lock(patient)
    refuse_ended(patient.pk)
    standing = Consent.objects.active().filter(patient=patient, purpose=purpose).first()
    if standing is not None:
        return standing
    consent = Consent(
        patient=patient,
        purpose=purpose,
        method=method,
        document_version=document_version,
        language=_language_read(patient, method),
        given_at=timezone.now(),
        recorded_by=actor,
    )
    consent.full_clean()
    consent.save()
    record(
        AuditEvent.Verb.CREATE,
        actor=actor,
        patient=patient,
        target=consent,
        detail={"purpose": purpose, "method": method, "document_version": document_version},
    )
    return consent


@transaction.atomic
def withdraw_consent(*, consent: Consent, actor: User) -> Consent:
    """End a consent from now on; a second withdrawal changes nothing.

    The trail keeps which collections had been made by then.
    """
    _lock(consent.patient)
    _withdraw(consent, actor, by=actor)
    return consent


@transaction.atomic
def end_consents(*, patient: Patient, actor: User | None) -> None:
    """End all consents because the record ends, without anybody withdrawing them."""
    for consent in Consent.objects.filter(patient=patient, withdrawn_at__isnull=True):
        _withdraw(consent, actor, by=None)


def _withdraw(consent: Consent, actor: User | None, *, by: User | None) -> None:
    withdrawn = Consent.objects.filter(pk=consent.pk, withdrawn_at__isnull=True).update(
        withdrawn_at=timezone.now(), withdrawn_by=by
    )
    consent.refresh_from_db()
    if not withdrawn:
        return
    patient = consent.patient
    detail: dict[str, object] = {"purpose": consent.purpose, "withdrawn": True}
    if uses := past_uses(patient=patient, purpose=consent.purpose):
        detail["past_uses"] = [use.id for use in uses]
    record(AuditEvent.Verb.UPDATE, actor=actor, patient=patient, target=consent, detail=detail)


def _lock(patient: Patient) -> None:
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)


def _language_read(patient: Patient, method: str) -> str:
    """Return the page's language for consents on the site, otherwise the patient's."""
    shown = translation.get_language() if method == Consent.Method.PORTAL else patient.language
    return shown if shown in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
