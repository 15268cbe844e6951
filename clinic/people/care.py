"""Who treats whom, as `clinic.scheduling`, which has the appointments, registers it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from clinic.people.models.doctor import Doctor
from clinic.people.models.patient import Patient


@dataclass(frozen=True)
class Care:
    """The queries of the room that has the appointments."""

    # The argument is a query of doctors, as rows or as keys.
    patients_of: Callable[[QuerySet[Doctor, Any]], QuerySet[Patient]]
    doctors_of: Callable[[Patient], QuerySet[Doctor]]


_told: list[Care] = []


def tell_care(care: Care) -> None:
    """Register the queries that tell who treats whom."""
    _told[:] = [care]


def patients_of(doctors: QuerySet[Doctor, Any]) -> QuerySet[Patient]:
    """Return the patients whom any of these doctors treats."""
    return _told[0].patients_of(doctors)


def doctors_of(patient: Patient) -> QuerySet[Doctor]:
    """Return the doctors who treat a patient."""
    return _told[0].doctors_of(patient)
