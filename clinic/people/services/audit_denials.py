"""Note in the audit trail who asked for what they may not see, and who posted in vain."""

import re
from functools import cache
from uuid import UUID

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import CharField, Model, UUIDField, Value
from django.http import Http404

from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.ways_to_patient import APPS, WAYS_TO_PATIENT
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import has_recorded, record, record_once


def record_denial(*, actor: User, page: str, key: object, error: Exception) -> None:
    """Note that somebody was refused, unless the thing does not exist."""
    if isinstance(error, PermissionDenied):
        target = _row_of_a_patient(key)
        record(
            AuditEvent.Verb.DENIED,
            actor=actor,
            patient=patient_of(target) if target else None,
            target=target,
            detail={"page": page, "key": str(key or "")},
        )
    elif isinstance(error, Http404) and key is not None:
        target = _hidden(error, key)
        if target is not None:
            record(
                AuditEvent.Verb.DENIED,
                actor=actor,
                patient=patient_of(target),
                target=target,
                detail={"page": page},
            )


@transaction.atomic
def record_refused_form(*, actor: User, key: object) -> None:
    """Note that a form about a patient was refused and shown again, with the page around it.

    Otherwise an empty form would read a record without a trace.
    """
    if not has_recorded() and (target := _row_of_a_patient(key)):
        record_once(AuditEvent.Verb.VIEW, actor=actor, patient=patient_of(target), target=target)


def patient_of(row: Model) -> Patient | None:
    """Return the patient whom a row is about, if there is one."""
    if isinstance(row, Patient):
        return row
    for name in WAYS_TO_PATIENT:
        if name in {field.name for field in row._meta.concrete_fields}:
            return patient_of(getattr(row, name))
    return None


def _row_of_a_patient(key: object) -> Model | None:
    """Return the row with this key if it is about a patient, searching all models in one query."""
    # A number means a different row in each table; only the view knows which.
    if not isinstance(key, UUID):
        return None
    models = _models_about_patients()
    tables = [
        model._default_manager.order_by()
        .filter(pk=key)
        .values_list(Value(label, output_field=CharField()))
        for label, model in models.items()
    ]
    found = next(iter(tables[0].union(*tables[1:], all=True)), None)
    return models[found[0]]._default_manager.get(pk=key) if found else None


@cache
def _models_about_patients() -> dict[str, type[Model]]:
    """Return the models with a unique key that lead to a patient."""
    return {
        model._meta.label: model
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        if isinstance(model._meta.pk, UUIDField)
        and (
            model is Patient
            or any(field.name in WAYS_TO_PATIENT for field in model._meta.concrete_fields)
        )
    }


def _hidden(error: Http404, key: object) -> Model | None:
    """Return the row behind a 404, whose existence the person may not know."""
    # Django's message names the model; a view that raises its own 404 hides nothing.
    match = re.fullmatch(r"No (\w+) matches the given query\.", str(error))
    if match is None or not isinstance(key, UUID | int):
        return None
    for app in APPS:
        models = {model.__name__: model for model in apps.get_app_config(app).get_models()}
        if model := models.get(match[1]):
            found: Model | None = model._default_manager.filter(pk=key).first()
            return found
    return None
