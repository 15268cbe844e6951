"""The people of the demo clinic."""

from dataclasses import dataclass

from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient
from clinic.people.models.user import User


@dataclass(frozen=True)
class Cast:
    """The people of the demo clinic, in the order in which `people` lists them."""

    secretary: User
    doctors: list[Doctor]
    patients: list[Patient]
