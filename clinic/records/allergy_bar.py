"""The bar with the patient's allergies, shown on every page of the patient."""

from dataclasses import dataclass

from clinic.people.models.patient import Patient
from clinic.records.models.facts import Allergy


@dataclass(frozen=True)
class AllergyBar:
    """The content of the bar: the active allergies, or whether the patient has no known ones."""

    allergies: tuple[Allergy, ...]
    has_no_known_allergies: bool


def allergy_bar_of(patient: Patient) -> AllergyBar:
    """Return the content of the bar; reads the allergies if that has not been done yet."""
    return AllergyBar(
        allergies=tuple(each for each in patient.allergies.all() if each.is_active),
        has_no_known_allergies=patient.has_no_known_allergies,
    )
