"""Data about people that several pages show."""

from dataclasses import dataclass, field

from clinic.people.models.consent import Consent
from clinic.people.models.patient import Patient


@dataclass
class ConsentState:
    """A purpose with its current consent and those that were withdrawn."""

    purpose: Consent.Purpose
    standing: Consent | None = None
    withdrawn: list[Consent] = field(default_factory=list)


def consent_states(patient: Patient) -> list[ConsentState]:
    """Return every purpose with the patient's current consent."""
    states = {purpose.value: ConsentState(purpose) for purpose in Consent.Purpose}
    for consent in patient.consents.select_related("recorded_by", "withdrawn_by"):
        if consent.withdrawn_at:
            states[consent.purpose].withdrawn.append(consent)
        else:
            states[consent.purpose].standing = consent
    return list(states.values())
