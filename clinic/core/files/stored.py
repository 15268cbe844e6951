"""Files whose row was not kept in the end."""

import logging

from django.core.files.storage import default_storage

logger = logging.getLogger(__name__)


def remove_files(*names: str | None) -> None:
    """Removes files that no row names; one that cannot be removed stays, and the log says so."""
    for name in filter(None, names):
        try:
            default_storage.delete(name)
        except OSError:
            logger.exception("A file without a row could not be removed")
