"""Back up everything the clinic has, and restore it into an empty site."""

import os
import shutil
from pathlib import Path

from django.core.files.storage import default_storage

from ml.whole_files import swap_folder
from skinhealth.operations.backup import database
from skinhealth.operations.backup.errors import BackupError
from skinhealth.operations.backup.manifest import (
    MANIFEST,
    Manifest,
    applied_migrations,
    known_migrations,
    read_manifest,
    sha256_of,
    write_manifest,
)

PHOTOGRAPHS = "photographs"


def make_backup(target: Path) -> Manifest:
    """Write database and files into a new folder, which gets its name only when complete."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BackupError(f"{target} is not empty: each backup needs its own folder.")
    partial = target.with_name(f"{target.name}.partial")
    if partial.exists():
        raise BackupError(f"{partial} is in the way: an earlier backup failed, or one is running.")
    partial.mkdir(parents=True, mode=0o700)
    try:
        _fill(partial)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    swap_folder(partial, target)
    return read_manifest(target)


def _fill(folder: Path) -> None:
    # Rows never refer to files that are added later, so the database goes first.
    dump_name = database.FILE_NAMES[database.engine()]
    migrations = applied_migrations()
    database.dump(folder / dump_name)
    database.check_dump(folder / dump_name)
    (folder / dump_name).chmod(0o600)
    hashes = {dump_name: sha256_of(folder / dump_name)}
    photographs = files_folder()
    for name in file_names(photographs):
        copy = folder / PHOTOGRAPHS / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(photographs / name, copy)
        except FileNotFoundError:
            continue  # a logo that was replaced meanwhile
        copy.chmod(0o600)
        hashes[f"{PHOTOGRAPHS}/{name}"] = sha256_of(copy)
    write_manifest(folder, migrations=migrations, hashes=hashes)


def restore_backup(source: Path) -> Manifest:
    """Check the whole backup, then fill an empty database and an empty folder from it."""
    manifest = check_backup(source)
    if database.tables():
        raise BackupError("The database is not empty: a backup is restored into a new one.")
    photographs = files_folder()
    if photographs.exists() and any(photographs.iterdir()):
        raise BackupError(f"{photographs} is not empty: a backup is restored into a new folder.")
    partial = photographs.with_name(f"{photographs.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        _copy_files(source, manifest, partial)
        if photographs.exists():
            photographs.rmdir()
        partial.rename(photographs)
        database.load(source / database.FILE_NAMES[manifest.engine])
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(photographs, ignore_errors=True)
        raise
    return manifest


def check_backup(source: Path) -> Manifest:
    """Raise a BackupError that names what is missing, damaged or not part of the backup."""
    manifest = read_manifest(source)
    dump_name = database.FILE_NAMES.get(manifest.engine, "")
    if manifest.engine != database.engine():
        raise BackupError(
            f"The backup is of a {manifest.engine} database, this site runs on {database.engine()}."
        )
    if dump_name not in manifest.files:
        raise BackupError(f"{MANIFEST} does not list {dump_name}.")
    for name, digest in manifest.files.items():
        path = source / name
        if name != dump_name and not _is_inside(path, source / PHOTOGRAPHS):
            raise BackupError(f"{MANIFEST} lists a file outside the backup: {name}")
        if not path.is_file():
            raise BackupError(f"A file is missing: {name}")
        if sha256_of(path) != digest:
            raise BackupError(f"A file has changed: {name}")
    strangers = set(file_names(source)) - set(manifest.files) - {MANIFEST}
    if strangers:
        raise BackupError(f"A file does not belong to the backup: {min(strangers)}")
    _check_migrations(manifest)
    database.check_dump(source / dump_name)
    return manifest


def _check_migrations(manifest: Manifest) -> None:
    known = known_migrations()
    for app, names in manifest.migrations.items():
        unknown = set(names) - set(known.get(app, names))
        if unknown:
            raise BackupError(
                f"The backup was written by newer code: {app}.{min(unknown)} is unknown here."
            )


def _copy_files(source: Path, manifest: Manifest, target: Path) -> None:
    target.mkdir(parents=True, mode=0o700)
    for name, digest in manifest.files.items():
        if not name.startswith(f"{PHOTOGRAPHS}/"):
            continue
        copy = target / name.removeprefix(f"{PHOTOGRAPHS}/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, copy)
        copy.chmod(0o600)
        if sha256_of(copy) != digest:
            raise BackupError(f"A file changed while it was copied: {name}")


def files_folder() -> Path:
    """Return the folder of photographs and documents on disk."""
    return Path(default_storage.path(""))


def file_names(folder: Path) -> list[str]:
    """Return the relative path of every file below a folder."""
    return sorted(
        Path(root, name).relative_to(folder).as_posix()
        for root, _folders, names in os.walk(folder)
        for name in names
    )


def _is_inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())
