"""A backup brings the whole site back, and one that is not whole is refused by name."""

import json
import os
import subprocess
import sys
import uuid

import psycopg
import pytest
from django.conf import settings
from psycopg import sql

# One line for every table: its name and all its rows.
READ_TABLES = """
import django, json
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    for table in sorted(connection.introspection.table_names(cursor)):
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
        print(table, sorted(repr(row) for row in cursor.fetchall()))
"""


class Site:
    """A site of its own: a database, a folder, and what is run on them."""

    def __init__(self, folder, database_url):
        self.photographs = folder / "photographs"
        folder.mkdir()
        self.environ = {"SKINHEALTH_ENV": "test", "DJANGO_SETTINGS_MODULE": "skinhealth.settings"}
        self.environ |= {"DATA_DIR": str(folder), "DATABASE_URL": database_url}

    def python(self, *arguments):
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=settings.BASE_DIR,
            env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")} | self.environ,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def manage(self, *arguments):
        return self.python("manage.py", *arguments)

    def rows(self):
        read = self.python("-c", READ_TABLES)
        assert read.returncode == 0, read.stderr
        return read.stdout

    def files(self):
        found = (path for path in self.photographs.rglob("*") if path.is_file())
        return {str(path.relative_to(self.photographs)): path.read_bytes() for path in found}


@pytest.fixture(scope="module")
def open_site(tmp_path_factory):
    """Return a function that opens an empty site on the kind of database the suite runs on."""
    database, made = settings.DATABASES["default"], []
    server = {"host": database.get("HOST"), "port": database.get("PORT") or None}
    server |= {"user": database.get("USER"), "password": database.get("PASSWORD") or None}

    def on_server(statement, name):
        with psycopg.connect(**server, dbname="postgres", autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))

    def open_one():
        name = f"backup_{uuid.uuid4().hex}"
        folder = tmp_path_factory.mktemp("site") / name
        if settings.IS_SQLITE:
            return Site(folder, f"sqlite:///{folder / 'site.sqlite3'}")
        on_server("CREATE DATABASE {}", name)
        made.append(name)
        secret = f":{server['password']}" if server["password"] else ""
        address = f"{server['host']}:{server['port'] or 5432}"
        return Site(folder, f"postgres://{server['user']}{secret}@{address}/{name}")

    yield open_one
    for name in made:
        on_server("DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture(scope="module")
def full_site(open_site):
    site = open_site()
    assert site.manage("migrate", "--verbosity=0").returncode == 0
    filled = site.manage("seed_load", "--patients=20", "--appointments=50")
    assert filled.returncode == 0, filled.stderr
    for name in ("a/one.jpg", "b/two.jpg"):
        (site.photographs / name).parent.mkdir(parents=True, exist_ok=True)
        (site.photographs / name).write_bytes(os.urandom(5000))
    return site


@pytest.fixture
def backup(full_site, tmp_path):
    made = full_site.manage("backup", tmp_path / "backup")
    assert made.returncode == 0, made.stderr
    return tmp_path / "backup"


def test_a_restored_site_has_every_row_and_every_photograph(full_site, backup, open_site):
    restored = open_site()

    done = restored.manage("restore", backup)

    assert done.returncode == 0, done.stderr
    assert "clinic_patient" in restored.rows()
    assert restored.rows() == full_site.rows()
    assert restored.files() == full_site.files() != {}
    assert restored.manage("restore", backup).returncode != 0  # it is empty no longer


def test_a_backup_is_read_by_its_owner_alone(backup):
    assert backup.stat().st_mode & 0o777 == 0o700
    assert all(p.stat().st_mode & 0o777 == 0o600 for p in backup.rglob("*") if p.is_file())


def test_a_backup_never_overwrites_another(full_site, backup):
    assert "is not empty" in full_site.manage("backup", backup).stderr


def test_a_broken_backup_is_named_and_leaves_the_site_empty(backup, open_site):
    site = open_site()
    database = next(backup.glob("database.*")).name

    def refusal():
        return site.manage("restore", backup).stderr

    (backup / "photographs/c.jpg").write_bytes(b"more")
    assert "photographs/c.jpg does not belong to the backup" in refusal()
    (backup / "photographs/c.jpg").unlink()
    (backup / "photographs/a/one.jpg").write_bytes(b"other")
    assert "photographs/a/one.jpg is damaged" in refusal()
    (backup / "photographs/a/one.jpg").unlink()
    assert "photographs/a/one.jpg is missing" in refusal()
    (backup / database).unlink()
    assert f"{database} is missing" in refusal()
    (backup / "manifest.json").write_text("{")
    assert "manifest.json is damaged" in refusal()
    (backup / "manifest.json").unlink()
    assert "the backup is incomplete" in refusal()
    assert site.rows() == ""
    assert site.files() == {}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"migrations": [["clinic", "9999_of_tomorrow"]]}, "made by a newer version"),
        ({"database": "oracle"}, "names no database"),
        ({"format": 2}, "of a format that is not known"),
    ],
)
def test_a_backup_of_another_kind_of_site_is_refused(backup, open_site, change, words):
    manifest = json.loads((backup / "manifest.json").read_text())
    (backup / "manifest.json").write_text(json.dumps(manifest | change))
    site = open_site()

    assert words in site.manage("restore", backup).stderr
    assert site.rows() == ""
