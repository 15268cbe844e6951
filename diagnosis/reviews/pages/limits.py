"""What the model has hardly seen, said next to its answer."""

from datetime import date

from django.utils.translation import gettext as _

from clinic.core.ages import years_between
from clinic.people.models.patient import Patient

DARK = {Patient.Phototype.V, Patient.Phototype.VI}
GROWN_UP = 18


def limits_for(patient: Patient, *, day: date) -> list[str]:
    """Return why the answer weighs less for this patient than its numbers say."""
    limits = []
    if patient.phototype in DARK:
        limits.append(
            _("The model has hardly seen skin of phototype V or VI: it may err more often.")
        )
    if years_between(patient.birth_date, day) < GROWN_UP:
        limits.append(_("The model has hardly seen children: it may err more often."))
    return limits
