"""How a row of any table leads to the patient whom it is about."""

from django.db.models import Model

APPS = ("clinic", "diagnosis")
# By these a row leads to the patient whom it is about.
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
    """Return the names of the fields that lead from a row to its patient; none where no way does.

    Models of a migration's state are followed as well as those of the code.
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
