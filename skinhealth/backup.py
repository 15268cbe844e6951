"""A backup of the whole site as one folder: database, photographs, and a list that proves both."""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE_FILES = {"postgresql": "database.pgdump", "sqlite": "database.sqlite3"}
PHOTOGRAPHS = "photographs"


class BackupError(Exception):
    """A backup that cannot be made, or must not be restored, and why."""


def make_backup(folder: Path) -> int:
    """Write the site into a new folder while it runs, and return how many files that are."""
    if folder.exists() and any(folder.iterdir()):
        raise BackupError(f"{folder} is not empty: a backup has a folder of its own.")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    # The database first: every photograph that it names is then already on the disk.
    migrations = sorted([app, name] for app, name in MigrationLoader(connection).applied_migrations)
    database = folder / DATABASE_FILES[connection.vendor]
    _dump_database(database)
    database.chmod(0o600)
    _copy_photographs(_photograph_folder(), folder / PHOTOGRAPHS)
    names = _file_names(folder)
    manifest = {
        "format": FORMAT,
        "made_at": timezone.now().isoformat(),
        "database": connection.vendor,
        "migrations": migrations,
        "files": {name: _sha256(folder / name) for name in names},
    }
    # Last and in one step: a folder without it is a backup that did not end.
    unfinished = folder / f"{MANIFEST}.part"
    unfinished.write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")
    unfinished.chmod(0o600)
    unfinished.replace(folder / MANIFEST)
    return len(names)


def restore_backup(folder: Path) -> int:
    """Bring a backup into an empty database and folder, after every file of it was checked."""
    manifest = check_backup(folder)
    if manifest["database"] != connection.vendor:
        raise BackupError(f"The backup is of {manifest['database']}, not of {connection.vendor}.")
    known = MigrationLoader(connection).disk_migrations.keys()
    own_apps = {app for app, _ in known}
    for app, name in manifest["migrations"]:
        if app in own_apps and (app, name) not in known:
            raise BackupError(f"The backup was made by a newer version: no {app}.{name} here.")
    if connection.introspection.table_names():
        raise BackupError("The database is not empty: a backup never overwrites one.")
    photographs = _photograph_folder()
    if photographs.exists() and any(photographs.iterdir()):
        raise BackupError(f"{photographs} is not empty: a backup never overwrites photographs.")
    _copy_photographs(folder / PHOTOGRAPHS, photographs)
    try:
        _load_database(folder / DATABASE_FILES[connection.vendor])
    except BackupError:
        shutil.rmtree(photographs, ignore_errors=True)  # it was empty, so all of it is ours
        raise
    return len(manifest["files"])


def check_backup(folder: Path) -> dict[str, Any]:
    """Return the manifest of a backup that is whole, or say what is wrong with it."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BackupError(f"{folder} has no {MANIFEST}: the backup is incomplete.") from None
    except ValueError:
        raise BackupError(f"{MANIFEST} is damaged.") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise BackupError(f"{MANIFEST} is of a format that is not known here.")
    if not {"database", "migrations", "files"} <= manifest.keys():
        raise BackupError(f"{MANIFEST} is damaged.")
    if DATABASE_FILES.get(manifest["database"]) not in manifest["files"]:
        raise BackupError(f"{MANIFEST} names no database.")
    present = set(_file_names(folder))
    for name, digest in manifest["files"].items():
        if name not in present:
            raise BackupError(f"{name} is missing.")
        if _sha256(folder / name) != digest:
            raise BackupError(f"{name} is damaged.")
    for name in sorted(present - manifest["files"].keys()):
        raise BackupError(f"{name} does not belong to the backup.")
    return manifest


def _photograph_folder() -> Path:
    return Path(default_storage.path(""))


def _file_names(folder: Path) -> list[str]:
    names = (path.relative_to(folder).as_posix() for path in _walk(folder))
    return sorted(name for name in names if name != MANIFEST)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _walk(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _copy_photographs(source: Path, target: Path) -> None:
    for path in _walk(source):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(path, copy)
        except FileNotFoundError:  # erased, or a temporary name, since it was listed
            copy.unlink(missing_ok=True)
            continue
        copy.chmod(0o600)


def _dump_database(target: Path) -> None:
    if connection.vendor == "sqlite":
        _copy_sqlite(Path(connection.settings_dict["NAME"]), target)
    else:
        _run_tool("pg_dump", "--format=custom", "--no-owner", "--no-acl", f"--file={target}")


def _load_database(source: Path) -> None:
    if connection.vendor == "sqlite":
        connection.close()
        _copy_sqlite(source, Path(connection.settings_dict["NAME"]))
    else:
        # In one transaction: a restore that fails leaves the database as empty as it was.
        _run_tool(
            "pg_restore", "--single-transaction", "--no-owner", "--no-acl", archive=str(source)
        )


def _copy_sqlite(source: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)
        # Without a write-ahead log, so that reading the copy leaves no files beside it.
        new.execute("PRAGMA journal_mode=DELETE")


def _run_tool(tool: str, *options: str, archive: str | None = None) -> None:
    arguments, extra = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    *server, name = arguments[1:]
    command = [tool, *options, *server, "--dbname", name, *([archive] if archive else [])]
    try:
        # The password goes by the environment, where a list of processes does not show it.
        done = subprocess.run(  # noqa: S603 - a fixed program, no shell
            command, env={**os.environ, **(extra or {})}, capture_output=True, check=False
        )
    except FileNotFoundError:
        raise BackupError(f"{tool} is not on this machine: install PostgreSQL's client.") from None
    if done.returncode:
        # Its words may hold rows, so they are not repeated.
        raise BackupError(f"{tool} failed with exit status {done.returncode}.")
