"""Copy the whole database into one file and back, with PostgreSQL's tools or SQLite's API."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import connection

from skinhealth.operations.backup.errors import BackupError

FILE_NAMES = {"postgresql": "database.dump", "sqlite": "database.sqlite3"}


def engine() -> str:
    """Name the kind of database that this site runs on."""
    return connection.vendor


def tables() -> list[str]:
    """Return the names of the existing tables."""
    return connection.introspection.table_names()


def dump(target: Path) -> None:
    """Write the database as it is at one moment; the site may keep writing."""
    if engine() == "sqlite":
        with (
            closing(sqlite3.connect(_sqlite_path(), timeout=60)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file without companions
        return
    _run_tool("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def load(source: Path) -> None:
    """Fill the empty database, either completely or not at all."""
    if engine() == "sqlite":
        connection.close()
        with (
            closing(sqlite3.connect(source)) as copy,
            closing(sqlite3.connect(_sqlite_path(), timeout=60)) as target,
        ):
            copy.backup(target)
        return
    _run_tool(
        "pg_restore",
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        "--no-privileges",
        f"--dbname={connection.settings_dict['NAME']}",
        str(source),
    )


def check_dump(source: Path) -> None:
    """Raise BackupError if the file is not a complete database."""
    if engine() == "sqlite":
        try:
            with closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as copy:
                verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
        except sqlite3.DatabaseError as error:
            raise BackupError(f"{source.name} is not a database.") from error
        if verdict != "ok":
            raise BackupError(f"{source.name} is not a complete database.")
        return
    _run_tool("pg_restore", "--list", str(source))


def _sqlite_path() -> str:
    name: str = str(connection.settings_dict["NAME"])
    return name


def _run_tool(tool: str, *arguments: str) -> None:
    program = shutil.which(tool)
    if program is None:
        raise BackupError(f"{tool} is not installed. It is part of PostgreSQL's client.")
    finished = subprocess.run(  # noqa: S603  our own arguments, and no shell
        [program, *arguments],
        env=os.environ | _login(connection.settings_dict),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise BackupError(f"{tool} failed: {_without_rows(finished.stderr)}")


def _login(database: dict[str, Any]) -> dict[str, str]:
    # Passed in the environment, because others on the machine can read a command line.
    told = {
        "PGHOST": database["HOST"],
        "PGPORT": database["PORT"],
        "PGUSER": database["USER"],
        "PGPASSWORD": database["PASSWORD"],
        "PGDATABASE": database["NAME"],
    }
    return {name: str(value) for name, value in told.items() if value}


def _without_rows(words: str) -> str:
    """Remove the lines in which PostgreSQL quotes the contents of a row."""
    lines = [line.strip() for line in words.splitlines()]
    quoting = ("DETAIL:", "CONTEXT:", "Command was:", "QUERY:")
    return " ".join(line for line in lines if line and not line.startswith(quoting))[:500]
