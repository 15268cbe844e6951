"""A backup taken while the clinic works, restored into an empty site: row by row, byte by byte."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import uuid
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as site
from django.core.management import CommandError, call_command
from django.db import connection, connections

from diagnosis.models import Lesion, LesionImage
from skinhealth.operations.backup.manifest import sha256_of
from tests.one_of_everything import photographed
from tests.worker import database_url

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db(transaction=True)]


class EmptySite:
    """Another site of the same kind: an empty database, an empty folder, its own processes."""

    def __init__(self, folder):
        self.folder = folder
        self.folder.mkdir()
        if connection.vendor == "sqlite":
            self.name = str(folder / "restored.sqlite3")
            self.url = f"sqlite:///{self.name}"
        else:
            self.name = f"restored_{uuid.uuid4().hex[:12]}"
            self.url = f"{database_url().rpartition('/')[0]}/{self.name}"
            _as_owner(f'CREATE DATABASE "{self.name}"')

    @property
    def photographs(self):
        return self.folder / "photographs"

    def manage(self, *words):
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return subprocess.run(
            [sys.executable, "manage.py", *map(str, words)],
            cwd=site.BASE_DIR,
            env=inherited
            | {
                "DJANGO_SETTINGS_MODULE": "skinhealth.settings",
                "SKINHEALTH_ENV": "demo",
                "DATABASE_URL": self.url,
                "DATA_DIR": str(self.folder),
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def connect(self):
        if connection.vendor == "sqlite":
            return sqlite3.connect(self.name)
        return psycopg.connect(self.url)

    def drop(self):
        if connection.vendor != "sqlite":
            _as_owner(f'DROP DATABASE "{self.name}" WITH (FORCE)')


def _as_owner(statement):
    address = f"{database_url().rpartition('/')[0]}/postgres"
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(statement)


@pytest.fixture
def empty_site(tmp_path):
    other = EmptySite(tmp_path / "other")
    yield other
    other.drop()


@pytest.fixture
def backup(things, tmp_path):
    """Return a backup of a clinic with one of everything."""
    folder = tmp_path / "backup"
    call_command("backup", folder, verbosity=0)
    return folder


def own_database():
    if connection.vendor == "sqlite":
        return sqlite3.connect(connection.settings_dict["NAME"])
    return psycopg.connect(database_url())


def every_row(database):
    with closing(database) as opened:
        cursor = opened.cursor()
        rows = {}
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            rows[table] = sorted(map(repr, cursor.fetchall()))
        return rows


def every_file(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_an_empty_site_gets_every_row_and_every_byte(backup, media, empty_site):
    restored = empty_site.manage("restore", backup)
    assert restored.returncode == 0, restored.stderr
    assert "migrate" in restored.stdout
    rows = every_row(own_database())
    assert sum(map(len, rows.values())) > 200
    assert every_row(empty_site.connect()) == rows
    files = every_file(media)
    assert len(files) > 8
    assert every_file(empty_site.photographs) == files
    # The restored site runs, and gives new rows unused numbers.
    migrated = empty_site.manage("migrate")
    assert migrated.returncode == 0, migrated.stderr
    assert "No migrations to apply" in migrated.stdout
    again = empty_site.manage("create_admin", "second@example.org", "Second Admin")
    assert again.returncode == 0, again.stderr
    # The audit chain is intact across what was restored and what came after it.
    verified = empty_site.manage("verify_audit")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_the_manifest_names_every_file_the_code_and_the_migrations(backup, media):
    manifest = json.loads((backup / "manifest.json").read_text())
    names = {path.relative_to(backup).as_posix() for path in backup.rglob("*") if path.is_file()}
    assert set(manifest["files"]) == names - {"manifest.json"}
    assert all(sha256_of(backup / name) == told for name, told in manifest["files"].items())
    assert len(manifest["files"]) == len(every_file(media)) + 1
    assert "0001_people_appointments_visits" in manifest["migrations"]["clinic"]
    assert manifest["code_version"]
    assert manifest["made_at"].endswith("+00:00")


def test_nobody_else_on_the_machine_reads_a_backup(backup):
    assert backup.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in backup.rglob("*.*") if path.is_file())


def test_no_row_of_a_backup_points_at_a_file_that_is_not_in_it(things, media, tmp_path, empty_site):
    lesion = Lesion.objects.create(patient=things["patient"], number=7)
    is_over = threading.Event()

    def photograph_on_and_on():
        for number in range(100, 400):
            if is_over.is_set():
                break
            photographed(things["visit"], lesion, number=number)
        connections.close_all()

    doctor = threading.Thread(target=photograph_on_and_on)
    doctor.start()
    try:
        call_command("backup", tmp_path / "backup", verbosity=0)
    finally:
        is_over.set()
        doctor.join()
    assert empty_site.manage("restore", tmp_path / "backup").returncode == 0
    with closing(empty_site.connect()) as restored:
        cursor = restored.cursor()
        cursor.execute(f"SELECT file, thumbnail FROM {LesionImage._meta.db_table}")
        named = {name for row in cursor.fetchall() for name in row}
    assert named
    assert named <= set(every_file(empty_site.photographs))


def _photograph_of(folder):
    return min((folder / "photographs" / "lesions").iterdir())


def flip_a_byte(folder):
    path = _photograph_of(folder)
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    return f"has changed: photographs/lesions/{path.name}"


def lose_a_photograph(folder):
    path = _photograph_of(folder)
    path.unlink()
    return f"missing: photographs/lesions/{path.name}"


def lose_the_database(folder):
    (path,) = folder.glob("database.*")
    path.unlink()
    return f"missing: {path.name}"


def cut_the_database_off(folder):
    (path,) = folder.glob("database.*")
    path.write_bytes(path.read_bytes()[:-5000])
    return f"has changed: {path.name}"


def add_a_stranger(folder):
    (folder / "photographs" / "stranger.jpg").write_bytes(b"?")
    return "does not belong to the backup: photographs/stranger.jpg"


def lose_the_manifest(folder):
    (folder / "manifest.json").unlink()
    return "not a finished backup"


def cut_the_manifest_off(folder):
    path = folder / "manifest.json"
    path.write_text(path.read_text()[:200])
    return "manifest.json cannot be read"


def change_manifest(folder, change):
    path = folder / "manifest.json"
    told = json.loads(path.read_text())
    change(told)
    path.write_text(json.dumps(told))


def come_from_the_future(folder):
    change_manifest(folder, lambda told: told["migrations"]["clinic"].append("9999_flying_cars"))
    return "clinic.9999_flying_cars is unknown here"


def come_from_another_database(folder):
    change_manifest(folder, lambda told: told.update(engine="oracle"))
    return "of a oracle database"


def reach_outside(folder):
    outside = folder.parent / "outside.jpg"
    outside.write_bytes(b"?")
    change_manifest(
        folder,
        lambda told: told["files"].update({"photographs/../../outside.jpg": sha256_of(outside)}),
    )
    return "outside the backup"


@pytest.mark.parametrize(
    "spoil",
    [
        flip_a_byte,
        lose_a_photograph,
        lose_the_database,
        cut_the_database_off,
        add_a_stranger,
        lose_the_manifest,
        cut_the_manifest_off,
        come_from_the_future,
        come_from_another_database,
        reach_outside,
    ],
)
def test_a_broken_backup_is_named_and_nothing_is_restored(spoil, backup, empty_site):
    words = spoil(backup)
    restored = empty_site.manage("restore", backup)
    assert restored.returncode != 0
    assert words in restored.stderr
    assert not empty_site.photographs.exists()
    with closing(empty_site.connect()) as database:
        cursor = database.cursor()
        with pytest.raises((sqlite3.OperationalError, psycopg.errors.UndefinedTable)):
            cursor.execute("SELECT 1 FROM clinic_patient")


def test_a_dump_that_breaks_off_in_the_middle_leaves_nothing_behind(backup, empty_site):
    (dump,) = backup.glob("database.*")
    content = dump.read_bytes()
    # The head is intact, so only reading the whole file finds it; the manifest was made to agree.
    dump.write_bytes(content[: len(content) * 2 // 3])
    change_manifest(backup, lambda told: told["files"].update({dump.name: sha256_of(dump)}))
    restored = empty_site.manage("restore", backup)
    assert restored.returncode != 0
    assert "Nothing was restored." in restored.stderr
    assert "Paul Patient" not in restored.stderr
    assert not empty_site.photographs.exists()


def test_a_backup_is_restored_into_an_empty_site_alone(backup, media):
    rows, files = every_row(own_database()), every_file(media)
    with pytest.raises(CommandError, match="The database is not empty"):
        call_command("restore", backup)
    assert every_row(own_database()) == rows
    assert every_file(media) == files


def test_a_folder_that_holds_files_is_left_alone(backup, empty_site):
    empty_site.photographs.mkdir()
    (empty_site.photographs / "of-somebody.jpg").write_bytes(b"?")
    restored = empty_site.manage("restore", backup)
    assert restored.returncode != 0
    assert "is not empty" in restored.stderr
    assert every_file(empty_site.photographs) == {"of-somebody.jpg": b"?"}


def test_a_backup_can_be_checked_without_restoring_it(backup, media):
    call_command("restore", backup, check=True)
    lose_a_photograph(backup)
    with pytest.raises(CommandError, match="A file is missing"):
        call_command("restore", backup, check=True)


def test_a_backup_takes_a_folder_of_its_own(backup, things):
    before = every_file(backup)
    with pytest.raises(CommandError, match="is not empty"):
        call_command("backup", backup)
    assert every_file(backup) == before


def test_a_backup_that_breaks_off_is_not_there(things, media, tmp_path, monkeypatch):
    def no_space_left(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", no_space_left)
    with pytest.raises(CommandError, match="No space left"):
        call_command("backup", tmp_path / "backup")
    assert not list(Path(tmp_path).glob("backup*"))
