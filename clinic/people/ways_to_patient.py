"""How a row of any table leads to the patient it is about."""

from django.db.models import Model

APPS = ("clinic", "diagnosis")
# Fields that lead from a row towards its patient.
WAYS_TO_PATIENT = (
    "patient",
    "consultation",
    "appointment",
    "lesion",
    "image",
    "prediction",
    "prescription",
)


def steps_to_patient(model: type[Model]) -> list[str]:
    """Return the names of the fields that lead from a row to its patient; empty if none do.

    Works with a migration's historical models as well as with those of the code.
    """
    foreign = {field.name: field.related_model for field in model._meta.concrete_fields}
    for name in WAYS_TO_PATIENT:
        related = foreign.get(name)
        if not isinstance(related, type):
            continue
        if related._meta.label == "clinic.Patient":
            return [name]
        if rest := steps_to_patient(related):
            return [name, *rest]
    return []
