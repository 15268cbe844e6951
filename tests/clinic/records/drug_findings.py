"""Shortcuts to what the drug table says about a patient's prescription."""

from clinic.models import Consultation, Prescription, WarningOverride
from clinic.records.drugs.rows import Written
from clinic.records.services.drug_warnings import check_drugs, precautions_of
from clinic.records.services.prescriptions import DraftLine, save_prescription


def findings_for(patient, *drugs):
    written = [drug if isinstance(drug, Written) else Written(drug) for drug in drugs]
    return check_drugs(written, precautions_of(patient))


def warnings_for(patient, *drugs):
    return [warning.words for warning in findings_for(patient, *drugs).warnings]


def kinds_for(patient, *drugs):
    return [warning.kind for warning in findings_for(patient, *drugs).warnings]


def by_hand_for(patient, *drugs):
    return [
        check.words
        for check in findings_for(patient, *drugs).by_hand
        if check.kind == WarningOverride.Kind.NOT_CHECKED
    ]


def write_draft(consultation, doctor, *drugs):
    """Write a draft, in a visit that has notes to sign."""
    lines = [DraftLine(drug=drug, dose="1", frequency="daily", duration="5 days") for drug in drugs]
    save_prescription(consultation=consultation, actor=doctor, lines=lines)
    Consultation.objects.filter(pk=consultation.pk).update(notes="written")
    return Prescription.objects.get()
