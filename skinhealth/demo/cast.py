"""Who takes part in what the demo lives through."""

from dataclasses import dataclass

from clinic.models import Doctor, Patient, User


@dataclass(frozen=True)
class Cast:
    """The people of the demo clinic, in the order in which `people` lists them."""

    secretary: User
    doctors: list[Doctor]
    patients: list[Patient]
