"""Tell which constraint refused a row."""

from django.db import IntegrityError
from django.db.models import BaseConstraint, Model, UniqueConstraint

FOREIGN_KEY_VIOLATION = "23503"


def refused_by(error: IntegrityError, model: type[Model], name: str) -> bool:
    """Return whether the constraint or trigger of this name refused a row of the model."""
    if told := getattr(error.__cause__, "diag", None):  # PostgreSQL; a trigger gives only a message
        return name in (told.constraint_name, told.message_primary)
    words = str(error)
    return words in (name, f"CHECK constraint failed: {name}") or words == _unique(model, name)


def is_torn_link(error: IntegrityError) -> bool:
    """Return whether a row names another that is not there any more.

    Forms and services look first, so this is a row that was removed while another one took it up.
    """
    if told := getattr(error.__cause__, "diag", None):
        return bool(told.sqlstate == FOREIGN_KEY_VIOLATION)
    return "FOREIGN KEY constraint failed" in str(error)


def named_constraint(model: type[Model], name: str) -> BaseConstraint | None:
    """Find a constraint of the model by its name."""
    return next((one for one in model._meta.constraints if one.name == name), None)


def _unique(model: type[Model], name: str) -> str:
    """Return how SQLite names a unique constraint: by its columns."""
    constraint = named_constraint(model, name)
    if not isinstance(constraint, UniqueConstraint):
        return ""
    table, column_of = model._meta.db_table, {one.name: one.column for one in model._meta.fields}
    columns = ", ".join(f"{table}.{column_of[name]}" for name in constraint.fields)
    return f"UNIQUE constraint failed: {columns}"
