"""The bar that says on every page of a patient what the patient is allergic to."""

from dataclasses import dataclass

from clinic.people.models.patient import Patient
from clinic.records.models.facts import Allergy


@dataclass(frozen=True)
class AllergyBar:
    """All that the bar says: the allergies that hold, or whether the patient denies having any."""

    allergies: tuple[Allergy, ...]
    has_no_known_allergies: bool


def allergy_bar_of(patient: Patient) -> AllergyBar:
    """Return what the bar says of a patient; reads the allergies where nobody has yet."""
    return AllergyBar(
        allergies=tuple(each for each in patient.allergies.all() if each.is_active),
        has_no_known_allergies=patient.has_no_known_allergies,
    )
