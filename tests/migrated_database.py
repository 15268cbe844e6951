"""A migrated database, which every process of a run copies.

Migrating an empty database takes each process as long as dozens of tests. The copy is named after
the migrations' contents, so another checkout or another day makes another one.
"""

import fcntl
import hashlib
import shutil
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

ROOT = Path(settings.BASE_DIR)
MADE_OF = ["*/migrations/*.py", "clinic/trail/audit_*.py", "clinic/core/encrypt*.py"]
MADE_OF += ["requirements-serve.txt", "skinhealth/settings*.py"]


class MigratedDatabase:
    """The database to copy, on the engine of this run."""

    def __init__(self, folder):
        paths = sorted(path for pattern in MADE_OF for path in ROOT.glob(pattern))
        content = b"".join(path.read_bytes() for path in paths)
        self.name = f"skinhealth_migrated_{hashlib.sha256(content).hexdigest()[:16]}"
        self.folder = folder
        self.lock = (folder / "lock").open("w")
        self.is_ready = False

    def offer(self):
        """Let Django start from the copy, or from nothing while other processes wait."""
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.is_ready = self._offer_file() if _is_sqlite() else self._offer_template()
        if self.is_ready:
            self.lock.close()

    def keep(self):
        """Keep what Django has just made for the processes that follow."""
        if self.is_ready:
            return
        connection.close()
        for stale in self.folder.glob(f"{connection.vendor}-*"):
            if not _is_sqlite():
                _on_server("DROP DATABASE IF EXISTS {}", stale.name.partition("-")[2])
            stale.unlink()
        if _is_sqlite():
            shutil.copy(connection.settings_dict["NAME"], self._mark)
        else:
            _on_server("DROP DATABASE IF EXISTS {}", self.name)
            _on_server(
                "CREATE DATABASE {} TEMPLATE {}", self.name, connection.settings_dict["NAME"]
            )
            self._mark.touch()
        self.lock.close()

    @property
    def _mark(self):
        return self.folder / f"{connection.vendor}-{self.name}"

    def _offer_file(self):
        if self._mark.exists():
            shutil.copy(self._mark, connection.settings_dict["TEST"]["NAME"])
        return self._mark.exists()

    def _offer_template(self):
        found = _on_server("SELECT 1 FROM pg_database WHERE datname = %s", parameters=[self.name])
        if found and self._mark.exists():
            connection.settings_dict["TEST"]["TEMPLATE"] = self.name
        return bool(found and self._mark.exists())


def _is_sqlite():
    return connection.vendor == "sqlite"


def _on_server(statement, *names, parameters=()):
    """Run one statement outside every transaction, in a database other than the test's."""
    settings_dict = connection.settings_dict
    with psycopg.connect(
        host=settings_dict["HOST"],
        port=settings_dict["PORT"] or 5432,
        user=settings_dict["USER"],
        password=settings_dict["PASSWORD"],
        dbname="postgres",
        autocommit=True,
    ) as server:
        cursor = server.execute(
            sql.SQL(statement).format(*map(sql.Identifier, names)), parameters or None
        )
        return cursor.fetchall() if cursor.description else []
