"""The manifest of a backup: every file with its SHA-256, and what wrote it."""

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from skinhealth.operations.backup.errors import BackupError

MANIFEST = "manifest.json"
FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """The contents of manifest.json."""

    format: int
    made_at: str
    code_version: str
    engine: str
    migrations: dict[str, list[str]]
    files: dict[str, str]


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, read once and in parts."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def code_version() -> str:
    """Return the version of the code, from pyproject.toml."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    version: str = project["version"]
    return version


def applied_migrations() -> dict[str, list[str]]:
    """Return the migrations applied to the database, by app."""
    return _by_app(MigrationLoader(connection).applied_migrations)


def known_migrations() -> dict[str, list[str]]:
    """Return the migrations of this code, by app."""
    return _by_app(MigrationLoader(None).disk_migrations)


def _by_app(names: object) -> dict[str, list[str]]:
    by_app: dict[str, list[str]] = {}
    for app, name in sorted(names):  # type: ignore[call-overload]
        by_app.setdefault(app, []).append(name)
    return by_app


def write_manifest(
    folder: Path, *, migrations: dict[str, list[str]], hashes: dict[str, str]
) -> None:
    """Write manifest.json, the last step of a backup."""
    manifest = Manifest(
        format=FORMAT,
        made_at=timezone.now().isoformat(),
        code_version=code_version(),
        engine=connection.vendor,
        migrations=migrations,
        files=dict(sorted(hashes.items())),
    )
    path = folder / MANIFEST
    path.write_text(json.dumps(asdict(manifest), indent=1) + "\n")
    path.chmod(0o600)


def read_manifest(folder: Path) -> Manifest:
    """Read manifest.json; raise BackupError if it does not describe a backup."""
    path = folder / MANIFEST
    if not path.is_file():
        raise BackupError(f"{folder} is not a finished backup: there is no {MANIFEST}.")
    try:
        told = json.loads(path.read_text())
        manifest = Manifest(**told)
        is_sound = manifest.format == FORMAT and all(
            isinstance(name, str) and isinstance(digest, str)
            for name, digest in manifest.files.items()
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise BackupError(f"{MANIFEST} cannot be read.") from error
    if not is_sound:
        raise BackupError(f"{MANIFEST} has a format that this code does not know.")
    return manifest
