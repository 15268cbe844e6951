"""Files and the rows that name them: both are kept, or neither."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import Model
from django_stubs_ext import StrOrPromise

from clinic.core.constraints import named_constraint, refused_by

logger = logging.getLogger(__name__)


def remove_files(*names: str | None) -> None:
    """Remove files that no row names; log those that cannot be removed."""
    for name in filter(None, names):
        try:
            default_storage.delete(name)
        except OSError:
            logger.exception("A file without a row could not be removed")


@contextmanager
def row_with_files(row: Model, *fields: str, once: str, not_stored: StrOrPromise) -> Iterator[None]:
    """Keep a new row with the files in these fields, or nothing at all.

    `once` is the constraint that refuses the same file a second time and gives the message.
    """
    same_file = named_constraint(type(row), once)
    assert same_file is not None
    try:
        with transaction.atomic():
            yield
    except BaseException as error:
        remove_files(*(getattr(row, field).name for field in fields))
        if isinstance(error, IntegrityError) and refused_by(error, type(row), once):
            words = same_file.get_violation_error_message()
            raise ValidationError(words, code="duplicate") from error
        if isinstance(error, OSError):
            reason = error.strerror or type(error).__name__
            logger.error("A file of %s could not be stored: %s", row._meta.label, reason)
            raise ValidationError(not_stored, code="storage") from error
        raise
