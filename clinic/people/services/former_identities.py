"""Former names and contact data of a patient, kept for as long as the record exists."""

from collections.abc import Mapping

from clinic.people.models.patient import Patient
from clinic.people.models.record_ending import FormerIdentity

Kind = FormerIdentity.Kind
KINDS = {
    "full_name": Kind.NAME,
    "preferred_name": Kind.NAME,
    "email": Kind.EMAIL,
    "phone": Kind.PHONE,
}


def keep_former(*, patient: Patient, before: Mapping[str, object]) -> None:
    """Keep former values, each once; fields that identify nobody are skipped."""
    # The values are encrypted, so the database cannot compare them.
    kept = {(former.kind, former.value) for former in patient.former_identities.all()}
    for name, value in before.items():
        kind = KINDS.get(name)
        if kind and value and (kind, str(value)) not in kept:
            FormerIdentity.objects.create(patient=patient, kind=kind, value=str(value))


def former_values(patient: Patient, kind: FormerIdentity.Kind) -> list[str]:
    """Return the former names, emails or phones of a patient."""
    return [former.value for former in patient.former_identities.all() if former.kind == kind]
