"""Whether texts and files from before they were bound to their row may still be read.

They may until the migration has bound everything. From then on two places say that it is over, the
list of migrations and a mark beside the files, so that nobody who can only change the database can
bring back an old text of somebody else.
"""

from contextlib import suppress
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

BINDING_MIGRATION = "_what_is_encrypted_is_bound_to_its_row"
MARK = ".bound-to-rows"


def is_old_format_readable(database: BaseDatabaseWrapper = connection) -> bool:
    """Return whether the migration that binds everything to its row is still to come."""
    if _mark().exists():
        return False
    applied = MigrationRecorder(database).applied_migrations()
    return not any(app == "clinic" and name.endswith(BINDING_MIGRATION) for app, name in applied)


def end_old_format() -> None:
    """Leave the mark that nothing in the old format is read again."""
    mark = _mark()
    with suppress(FileExistsError):
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch(mode=0o600, exist_ok=False)


def _mark() -> Path:
    return Path(default_storage.path(MARK))
