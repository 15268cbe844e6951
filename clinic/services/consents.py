"""What a patient has agreed to, purpose by purpose."""

from django.db import transaction
from django.utils import timezone

from clinic.models import AuditEvent, Consent, Patient, User
from clinic.services.audit import record

# The version of the consent forms that the desk hands out today.
DOCUMENT_VERSION = "1"


def has_consent(*, patient: Patient, purpose: str) -> bool:
    """Whether the patient agrees to the purpose right now."""
    return patient.consents.filter(purpose=purpose, withdrawn_at__isnull=True).exists()


def standing_consents(*, patient: Patient) -> dict[str, Consent]:
    """What the patient agrees to right now, by purpose."""
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
    """Records that the patient agrees; a consent that stands already is left as it is."""
    # One consent a purpose: two desks that record it at once come one after the other.
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    standing = Consent.objects.active().filter(patient=patient, purpose=purpose).first()
    if standing is not None:
        return standing
    consent = Consent(
        patient=patient,
        purpose=purpose,
        method=method,
        document_version=document_version,
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
    """Ends a consent from now on; withdrawing twice leaves the first withdrawal."""
    withdrawn = (
        Consent.objects.active()
        .filter(pk=consent.pk)
        .update(withdrawn_at=timezone.now(), withdrawn_by=actor)
    )
    consent.refresh_from_db()
    if withdrawn:
        record(
            AuditEvent.Verb.UPDATE,
            actor=actor,
            patient=consent.patient,
            target=consent,
            detail={"purpose": consent.purpose, "withdrawn": True},
        )
    return consent
